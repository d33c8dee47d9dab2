import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { promisify } from "node:util";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { AgentError } from "../../../agent/errors.ts";
import { readVendorDeviceId } from "../../../agent/gears/devinfo.ts";
import type { ApiRequest, Sender } from "../../../agent/network/exchange.ts";
import { parseProxy, proxyLogin } from "../../../agent/network/proxy/address.ts";
import type { ProxySources } from "../../../agent/network/proxy/choice.ts";
import { createSender, type SenderOptions } from "../../../agent/network/send.ts";
import { probePort, readListener } from "../../../agent/platform/linux/listener.ts";
import { failed, found } from "../../../agent/reading.ts";
import { Secret } from "../../../agent/secret.ts";
import { logOnMeans, proxySources } from "../../fakes/log-on.ts";
import { createTestCa, type TestCa } from "../support/certificates.ts";
import { answering, connectProxy, type Loopback, listen, reply, socksProxy } from "../support/loopback.ts";

const ok = '{"result":1,"msg":"OK"}';
const signal = new AbortController().signal;
/** Far more than any of these exchanges needs on a busy machine; the tests that wait it out set their own. */
const plenty = 20_000;
const senders: Sender[] = [];

type Options = Partial<Omit<SenderOptions, "proxy" | "caFile"> & Omit<ProxySources, "setting">> & {
  readonly proxy?: string;
  readonly caFile?: string | undefined;
};

function sender({ proxy = "none", caFile, ...options }: Options = {}): Sender {
  const made = createSender({
    requestTimeout: plenty,
    caFile: caFile === undefined ? undefined : { path: caFile, origin: "test", read: () => readFileSync(caFile) },
    ...options,
    proxy: proxySources({ setting: proxy, ...options }),
  });
  senders.push(made);
  return made;
}

function request(origin: string, more: Partial<ApiRequest> = {}): ApiRequest {
  return {
    method: "POST",
    origin,
    target: new Secret("/o/api/v2/devices/x/link_user?opt=0&access_token=tok-0123456789"),
    headers: { "content-type": "application/json" },
    body: new Secret('{"username":"alice"}'),
    ...more,
  };
}

afterEach(async () => {
  vi.unstubAllEnvs();
  for (const one of senders.splice(0)) await one.close();
});

describe("over HTTP", () => {
  test("sends the request, asks for no compression and reads the answer", async () => {
    await using server = await listen(answering(reply("200 OK", ok, "X-One: a", "X-One: b")));
    const response = await sender().send(request(`http://${server.host}`), signal);
    expect(response).toMatchObject({ status: 200, body: ok, headers: { "x-one": "a, b" } });
    expect(server.received).toMatch(/^POST \/o\/api\/v2\/devices\/x\/link_user\?opt=0&access_token=tok-0123456789 /);
    expect(server.received).toMatch(/\r\naccept-encoding: identity\r\n/i);
    expect(server.received).toMatch(/\r\n\r\n\{"username":"alice"\}$/);
  });

  test("uses one connection for several requests", async () => {
    await using server = await listen(answering(reply("200 OK", ok)));
    const one = sender();
    for (let count = 0; count < 3; count += 1) await one.send(request(`http://${server.host}`), signal);
    expect(server.connections).toBe(1);
  });

  test("connects again where the server has closed the kept connection", async () => {
    let closed: Promise<unknown> = Promise.resolve();
    await using server = await listen(
      answering((socket) => {
        closed = new Promise((resolve) => socket.once("close", resolve));
        socket.end(reply("200 OK", ok, "Connection: close"));
      }),
    );
    const one = sender();
    await one.send(request(`http://${server.host}`), signal);
    await closed;
    expect(await one.send(request(`http://${server.host}`), signal)).toMatchObject({ status: 200 });
    expect(server.connections).toBe(2);
  });

  test("follows no redirect", async () => {
    await using elsewhere = await listen(answering(reply("200 OK", ok)));
    await using server = await listen(answering(reply("307 Moved", "", `Location: http://${elsewhere.host}/`)));
    expect(await sender().send(request(`http://${server.host}`), signal)).toMatchObject({ status: 307 });
    expect(elsewhere.connections).toBe(0);
  });

  test("reads an answer that comes byte by byte, in chunks, after interim answers", async () => {
    const chunked = [...ok].map((letter) => `1\r\n${letter}\r\n`).join("");
    const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    const whole = `HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n${head}${chunked}0\r\n\r\n`;
    await using server = await listen(
      answering((socket) => {
        socket.setNoDelay(true);
        let at = 0;
        const next = () => {
          if (at < whole.length) socket.write(whole[at++] ?? "", () => setImmediate(next));
        };
        next();
      }),
    );
    expect(await sender().send(request(`http://${server.host}`), signal)).toMatchObject({ status: 200, body: ok });
  });

  const packed = (coding: string, body: Buffer) => (socket: Socket) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Encoding: ${coding}\r\nContent-Length: ${body.length}\r\n\r\n`);
    socket.write(body);
  };

  test.each<[string, Buffer]>([
    ["gzip", gzipSync(ok)],
    ["X-Gzip", gzipSync(ok)],
    ["deflate", deflateSync(ok)],
    ["deflate", deflateRawSync(ok)],
    ["br", brotliCompressSync(ok)],
    ["zstd", zstdCompressSync(ok)],
    ["deflate, gzip", gzipSync(deflateSync(ok))],
    ["identity", Buffer.from(ok)],
    // A proxy that scanned the answer has unpacked it and left the header.
    ["gzip", Buffer.from(ok)],
    ["br", Buffer.from(ok)],
    ["", Buffer.from(ok)],
    ["gzip", Buffer.alloc(0)],
  ])("reads an answer that is compressed though nobody asked: %s", async (coding, body) => {
    await using server = await listen(answering(packed(coding, body)));
    const response = await sender().send(request(`http://${server.host}`), signal);
    expect(response.body).toBe(body.length === 0 ? "" : ok);
  });

  test.each<[string, Buffer, string]>([
    ["gzip", gzipSync(Buffer.alloc(16 * 1024 * 1024)), "answer-too-large"],
    ["br", brotliCompressSync(Buffer.alloc(16 * 1024 * 1024)), "answer-too-large"],
    ["gzip, gzip", gzipSync(gzipSync(Buffer.alloc(16 * 1024 * 1024))), "answer-too-large"],
    ["gzip", Buffer.from("no gzip"), "unexpected-answer"],
    ["x-unknown", Buffer.from("what"), "unexpected-answer"],
  ])("a bomb stays packed, and what is not packed as it says is no answer: %s", async (coding, body, code) => {
    await using server = await listen(answering(packed(coding, body)));
    await expect(sender().send(request(`http://${server.host}`), signal)).rejects.toMatchObject({ code });
  });

  test.each([
    ["one 100 Continue", "HTTP/1.1 100 Continue\r\n\r\n"],
    [
      "several of different kinds",
      "HTTP/1.1 102 Processing\r\nX: y\r\n\r\nHTTP/1.0 100 Continue\n\nHTTP/1.1 103\r\n\r\n",
    ],
    ["an empty line and one", "\r\nHTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\n"],
  ])("skips interim answers that nobody asked for, however they are cut: %s", async (_, interim) => {
    const whole = interim + reply("200 OK", ok);
    const half = interim.length - 5;
    const parts = [[whole], [whole.slice(0, half), whole.slice(half)], [...whole]];
    await using server = await listen(
      answering((socket) => {
        socket.setNoDelay(true);
        const rest = [...(parts.shift() ?? [])];
        const next = () => {
          const part = rest.shift();
          if (part !== undefined) socket.write(part, () => setImmediate(next));
        };
        next();
      }),
    );
    const one = sender();
    for (let count = 0; count < 3; count += 1) {
      expect(await one.send(request(`http://${server.host}`), signal)).toMatchObject({ status: 200, body: ok });
    }
    // Three requests and no more: each was answered.
    expect(server.received.match(/POST \/o\//g)).toHaveLength(3);
    expect(server.connections).toBe(1);
  });

  test.each<[string, (socket: Socket) => void]>([
    ["closes it", (socket) => socket.destroy()],
    ["resets it", (socket) => socket.resetAndDestroy()],
    ["ends it", (socket) => socket.end()],
  ])("a kept connection that the server %s at the next request costs no try", async (_, drop) => {
    let served = 0;
    await using server = await listen((socket) => {
      let before = 0;
      answering((one) => {
        before += 1;
        if (before === 1) one.write(reply("200 OK", ok));
        else drop(one);
        served += 1;
      })(socket);
    });
    const one = sender();
    for (let count = 0; count < 3; count += 1) {
      expect(await one.send(request(`http://${server.host}`), signal)).toMatchObject({ status: 200 });
    }
    expect(server.connections).toBe(3);
    // Each of the later two was sent on the old connection and once more on a new one.
    expect(served).toBe(5);
  });

  test("a request without an answer on a new connection is not sent again", async () => {
    await using server = await listen(answering((socket) => socket.destroy()));
    const sent = sender().send(request(`http://${server.host}`), signal);
    await expect(sent).rejects.toMatchObject({ code: "connection-lost", place: { stage: "request", party: "tenant" } });
    expect(server.connections).toBe(1);
  });

  test.each([
    ["in its body", "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"],
    ["in its head", "HTTP/1.1 200 OK\r\nContent-Le"],
    ["in its first line", "HTTP/1.1"],
    ["after an interim one", "HTTP/1.1 102 Processing\r\n\r\n"],
  ])("an answer that breaks off %s is not asked for again: the request was carried out", async (_, part) => {
    let answered = 0;
    await using server = await listen(
      answering((socket) => {
        answered += 1;
        if (answered === 1) socket.write(reply("200 OK", ok));
        else socket.end(part);
      }),
    );
    const one = sender();
    await one.send(request(`http://${server.host}`), signal);
    await expect(one.send(request(`http://${server.host}`), signal)).rejects.toMatchObject({ code: "connection-lost" });
    expect(answered).toBe(2);
  });
});

/** Writes as fast as it is read, until the connection is cut. */
function endlessly(text: string): (socket: Socket) => void {
  return (socket) => {
    const more = () => {
      while (!socket.destroyed && socket.write(text));
    };
    socket.on("drain", more);
    more();
  };
}

describe("a server that misbehaves", () => {
  const head = "HTTP/1.1 200 OK\r\n";
  test.each<[string, (socket: Socket) => void, string]>([
    ["sends nothing back and closes", (socket) => socket.destroy(), "connection-lost"],
    ["resets the connection", (socket) => socket.resetAndDestroy(), "connection-lost"],
    ["stops in the middle", (socket) => socket.end(`${head}Content-Length: 99\r\n\r\n{`), "connection-lost"],
    [
      "stops in the middle of a chunk",
      (socket) => socket.end(`${head}Transfer-Encoding: chunked\r\n\r\n9\r\n{`),
      "connection-lost",
    ],
    [
      "sends an endless body",
      (socket) => {
        socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n`);
        endlessly(`4000\r\n${"x".repeat(0x4000)}\r\n`)(socket);
      },
      "answer-too-large",
    ],
    [
      "sends an endless body without a length",
      (socket) => {
        socket.write(`${head}\r\n`);
        endlessly("x".repeat(65_536))(socket);
      },
      "answer-too-large",
    ],
    [
      "sends a body of one byte too many",
      (socket) => socket.write(reply("200 OK", "x".repeat(65_537))),
      "answer-too-large",
    ],
    [
      "sends an endless header line",
      (socket) => {
        socket.write(`${head}X-Long: `);
        endlessly("x".repeat(65_536))(socket);
      },
      "answer-too-large",
    ],
    [
      "sends endless header lines",
      (socket) => {
        socket.write(head);
        endlessly("X-More: 1\r\n".repeat(1000))(socket);
      },
      "answer-too-large",
    ],
    ["speaks another protocol", (socket) => socket.write("SSH-2.0-OpenSSH_9.2\r\n"), "unexpected-answer"],
    [
      "has two lengths",
      (socket) => socket.write(`${head}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`),
      "connection-lost",
    ],
    [
      "has a length and chunks",
      (socket) => socket.write(`${head}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`),
      "connection-lost",
    ],
    ["gives interim answers for ever", endlessly("HTTP/1.1 103 Early Hints\r\n\r\n"), "answer-too-large"],
    [
      "switches protocols",
      (socket) => socket.write("HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
      "connection-lost",
    ],
  ])("%s", async (_, misbehave, code) => {
    await using server = await listen(answering(misbehave));
    const sent = sender().send(request(`http://${server.host}`), signal);
    await expect(sent).rejects.toMatchObject({ name: "AgentError", code });
    await expect(sent).rejects.not.toThrow(/tok-|link_user/);
  });

  test.each<[string, (socket: Socket) => void]>([
    ["is silent", () => {}],
    ["is silent after the header lines", (socket) => socket.write(`${head}Content-Length: 2\r\n\r\n`)],
    [
      "sends a byte now and then, for ever",
      (socket) => {
        socket.write(`${head}Content-Length: 60000\r\n\r\n`);
        const timer = setInterval(() => socket.write("x"), 20);
        socket.once("close", () => clearInterval(timer));
      },
    ],
  ])("%s: ended by the time limit", async (_, misbehave) => {
    await using server = await listen(answering(misbehave));
    const sent = sender({ requestTimeout: 2000 }).send(request(`http://${server.host}`), signal);
    await expect(sent).rejects.toMatchObject({ name: "AgentError", code: "no-answer" });
  });

  test("the next request starts on a new connection", async () => {
    const answers = [
      (socket: Socket) => socket.resetAndDestroy(),
      (socket: Socket) => socket.write(reply("200 OK", ok)),
    ];
    await using server = await listen(answering((socket) => answers.shift()?.(socket)));
    const one = sender();
    await expect(one.send(request(`http://${server.host}`), signal)).rejects.toMatchObject({ code: "connection-lost" });
    expect(await one.send(request(`http://${server.host}`), signal)).toMatchObject({ status: 200 });
  });

  test("an endless body costs little memory", async () => {
    await using server = await listen(answering(endlessly(`HTTP/1.1 200 OK\r\n\r\n${"x".repeat(65_536)}`)));
    const before = process.memoryUsage.rss();
    const one = sender();
    for (let count = 0; count < 20; count += 1) {
      await expect(one.send(request(`http://${server.host}`), signal)).rejects.toMatchObject({
        code: "answer-too-large",
      });
    }
    expect(process.memoryUsage.rss() - before).toBeLessThan(100 * 1024 * 1024);
  });
});

describe("without a server", () => {
  test("nothing listens", async () => {
    const gone = await listen(() => {});
    await gone[Symbol.asyncDispose]();
    const sent = sender().send(request(`http://${gone.host}`), signal);
    await expect(sent).rejects.toMatchObject({ code: "not-connected" });
    await expect(sent).rejects.toThrow(gone.host);
  });

  test("a name that can't exist", async () => {
    // A label has at most 63 octets, so that the system's resolver refuses it without asking anybody.
    const name = `${"a".repeat(64)}.test`;
    await expect(sender().send(request(`http://${name}`), signal)).rejects.toMatchObject({ code: "name-not-resolved" });
  });

  test("a name without an address does not make the run wait", async () => {
    const sent = sender({ lookUp: async () => [] }).send(request("http://gears.test"), signal);
    await expect(sent).rejects.toMatchObject({ code: "name-not-resolved", place: { stage: "name", party: "tenant" } });
  });

  test("an abort ends it at once, before and during the exchange", async () => {
    const aborter = new AbortController();
    await using server = await listen(answering(() => aborter.abort()));
    const one = sender();
    await expect(one.send(request(`http://${server.host}`), aborter.signal)).rejects.toMatchObject({
      code: "interrupted",
    });
    await expect(one.send(request(`http://${server.host}`), aborter.signal)).rejects.toMatchObject({
      code: "interrupted",
    });
    expect(server.connections).toBe(1);
  });

  test("a defect of ours is not taken for a fault of the network", async () => {
    await using server = await listen(answering(reply("200 OK", ok)));
    const broken = request(`http://${server.host}`, { target: new Secret("not a path") });
    await expect(sender().send(broken, signal)).rejects.not.toMatchObject({ name: "AgentError" });
  });
});

describe("over TLS", () => {
  let ca: TestCa;
  beforeAll(() => {
    ca = createTestCa();
  });
  afterAll(() => ca[Symbol.dispose]());

  test("trusts what caFile names", async () => {
    await using server = await listen(answering(reply("200 OK", ok)), ca.issue("IP:127.0.0.1"));
    const one = sender({ caFile: ca.file });
    expect(await one.send(request(`https://${server.host}`), signal)).toMatchObject({ status: 200, body: ok });
    await one.send(request(`https://${server.host}`), signal);
    expect(server.connections).toBe(1);
  });

  test.each<[string, string, number, string | undefined, RegExp]>([
    ["an unknown issuer", "IP:127.0.0.1", 1, undefined, /not trusted here|self-signed/],
    ["another name", "DNS:other.test", 1, "ca", /another name/],
    ["an expired certificate", "IP:127.0.0.1", -1, "ca", /clock says.*has expired/],
  ])("refuses %s and says so", async (_, names, days, trusted, said) => {
    vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
    // Node warns of the variable, which would alarm the person who runs the tests.
    using _quiet = vi.spyOn(process, "emitWarning").mockReturnValue();
    await using server = await listen(answering(reply("200 OK", ok)), ca.issue(names, days));
    const one = sender({ caFile: trusted === undefined ? undefined : ca.file });
    const sent = one.send(request(`https://${server.host}`), signal);
    await expect(sent).rejects.toMatchObject({ code: "tls-untrusted" });
    await expect(sent).rejects.toThrow(said);
    expect(server.received).toBe("");
  });

  test("refuses a server that does not speak TLS", async () => {
    await using plain = await listen((socket) => socket.write("HTTP/1.1 400 Bad Request\r\n\r\n"));
    const sent = sender().send(request(`https://${plain.host}`), signal);
    await expect(sent).rejects.toMatchObject({ code: "tls-untrusted" });
  });

  test("an address on which TLS hangs is left for the next one", async () => {
    await using server = await listen(answering(reply("200 OK", ok)), ca.issue("DNS:gears.test"));
    await using silent = await listen(() => {}, undefined, { port: server.port, host: "127.0.0.2" });
    const addresses = ["127.0.0.2", "127.0.0.1"].map((address) => ({ address, family: 4 }));
    const one = sender({ caFile: ca.file, lookUp: async () => addresses });
    expect(await one.send(request(`https://gears.test:${server.port}`), signal)).toMatchObject({ status: 200 });
    expect([silent.connections, server.connections]).toEqual([1, 1]);
  });

  test("an address that refuses, or breaks off the handshake, costs nothing; an untrusted one is final", async () => {
    await using server = await listen(answering(reply("200 OK", ok)), ca.issue("DNS:gears.test"));
    await using broken = await listen((socket) => socket.destroy(), undefined, {
      port: server.port,
      host: "127.0.0.2",
    });
    await using _other = await listen(() => {}, ca.issue("DNS:other.test"), { port: server.port, host: "127.0.0.3" });
    const by = (...hosts: string[]) =>
      sender({ caFile: ca.file, lookUp: async () => hosts.map((address) => ({ address, family: 4 })) });
    const to = request(`https://gears.test:${server.port}`);
    expect(await by("127.0.0.4", "127.0.0.2", "127.0.0.1").send(to, signal)).toMatchObject({ status: 200 });
    expect(broken.connections).toBe(1);
    await expect(by("127.0.0.3", "127.0.0.1").send(to, signal)).rejects.toMatchObject({ code: "tls-untrusted" });
    expect(server.connections).toBe(1);
    await expect(by("127.0.0.2", "127.0.0.4").send(to, signal)).rejects.toMatchObject({
      code: "connection-lost",
      place: { stage: "handshake" },
    });
  });

  test("a handshake that never ends is ended by the time limit", async () => {
    await using server = await listen(() => {});
    const sent = sender({ requestTimeout: 300 }).send(request(`https://${server.host}`), signal);
    await expect(sent).rejects.toMatchObject({ code: "not-connected" });
  });

  test("says when caFile holds no certificate", async () => {
    const caFile = import.meta.filename;
    const said = /has no certificate/;
    const sent = sender({ caFile }).send(request("https://127.0.0.1:1"), signal);
    await expect(sent).rejects.toMatchObject({ code: "setting-invalid" });
    await expect(sent).rejects.toThrow(said);
  });

  test("NODE_TLS_REJECT_UNAUTHORIZED, which any caller of the program can set, adds no trust", async () => {
    await using server = await listen(answering(reply("200 OK", ok)), ca.issue("IP:127.0.0.1"));
    const script = `
      const { createSender } = await import(${JSON.stringify(new URL("../../../agent/network/send.ts", import.meta.url).href)});
      const secret = { reveal: () => "/" };
      const sender = createSender({ requestTimeout: 20000, caFile: undefined, proxy: { setting: "none" } });
      const request = { method: "GET", origin: "https://${server.host}", target: secret, headers: {}, body: undefined };
      await sender.send(request, new AbortController().signal).then(
        (answer) => console.log(answer.status),
        (error) => console.log(error.code),
      );`;
    const env = {
      ...process.env,
      NODE_TLS_REJECT_UNAUTHORIZED: "0",
      NODE_NO_WARNINGS: "1",
    };
    const run = promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], { env });
    expect((await run).stdout.trim()).toBe("tls-untrusted");
  });

  describe("through a proxy", () => {
    test("asks for a tunnel by name, and shows the proxy nothing else", async () => {
      await using server = await listen(answering(reply("200 OK", ok)), ca.issue("DNS:gears.test"));
      await using proxy = await connectProxy({ port: server.port });
      const one = sender({
        caFile: ca.file,
        proxy: "auto",
        environment: { HTTPS_PROXY: `http://u:p%40@${proxy.host}` },
      });
      const got = await one.send(request("https://gears.test"), signal);
      await one.send(request("https://gears.test"), signal);
      expect(got).toMatchObject({ status: 200, body: ok });
      expect(proxy.received).toMatch(/^CONNECT gears\.test:443 HTTP\/1\.1\r\nhost: gears\.test:443\r\n/i);
      expect(proxy.received).toContain(`Basic ${Buffer.from("u:p@").toString("base64")}`);
      expect(proxy.received).not.toMatch(/tok-|link_user/);
      expect([proxy.connections, server.connections]).toEqual([1, 1]);
    });

    test("takes a proxy that is itself reached over TLS", async () => {
      await using server = await listen(answering(reply("200 OK", ok)), ca.issue("DNS:gears.test"));
      await using proxy = await connectProxy({ port: server.port }, ca.issue("IP:127.0.0.1"));
      const one = sender({ caFile: ca.file, proxy: `https://${proxy.host}` });
      expect(await one.send(request("https://gears.test"), signal)).toMatchObject({ status: 200 });
    });

    test("checks the server's certificate behind the proxy", async () => {
      await using server = await listen(answering(reply("200 OK", ok)), ca.issue("DNS:other.test"));
      await using proxy = await connectProxy({ port: server.port });
      const one = sender({ caFile: ca.file, proxy: `http://${proxy.host}` });
      await expect(one.send(request("https://gears.test"), signal)).rejects.toMatchObject({ code: "tls-untrusted" });
      expect(server.received).toBe("");
    });

    test("skips interim answers of the proxy", async () => {
      await using server = await listen(answering(reply("200 OK", ok)), ca.issue("DNS:gears.test"));
      const before = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n";
      await using proxy = await connectProxy({ port: server.port, before });
      const one = sender({ caFile: ca.file, proxy: `http://${proxy.host}` });
      expect(await one.send(request("https://gears.test"), signal)).toMatchObject({ status: 200 });
    });

    test.each([
      ["403 Forbidden", /does not allow connections to gears\.test:443/],
      ["502 Bad Gateway", /can't reach gears\.test:443 \(status 502\)\. See its log/],
      ["507 Odd", /can't reach gears\.test:443/],
      ["302 Found", /asks for a log-on on a web page .*\(status 302\)\. Sign in to this network/],
      ["511 Network Authentication Required", /asks for a log-on on a web page/],
      ["405 Method Not Allowed", /refuses a connection .*status 405\)\. Check its address and port/],
    ])("says what %s means", async (refuse, said) => {
      await using proxy = await connectProxy({ refuse });
      const sent = sender({ proxy: `http://${proxy.host}` }).send(request("https://gears.test"), signal);
      await expect(sent).rejects.toMatchObject({ code: "proxy-refused" });
      await expect(sent).rejects.toThrow(said);
    });

    const login = () => proxyLogin("u", "planted-password", "the credential file");
    const sentLogin = `Basic ${Buffer.from("u:planted-password").toString("base64")}`;

    test.each<[string, string, typeof login | undefined, RegExp]>([
      ["Basic, without a log-on", 'Proxy-Authenticate: Basic realm="NTLM, x"', undefined, /Put proxyUsername and/],
      [
        "Basic, with a wrong one",
        'Proxy-Authenticate: Negotiate, Basic realm="x"',
        login,
        /user name and password from the credential file.*Correct them there/,
      ],
      [
        "NTLM and Negotiate",
        "Proxy-Authenticate: NTLM\r\nProxy-Authenticate: Negotiate",
        login,
        /NTLM or Negotiate.*does not support on this system/,
      ],
      ["nothing that it names", "X-Nothing: 1", login, /without naming its kind/],
    ])("a log-on that is wanted is named: %s", async (_, header, given, said) => {
      await using proxy = await connectProxy({ refuse: `407 Proxy Authentication Required\r\n${header}` });
      const sent = sender({ proxy: `http://${proxy.host}`, ...(given && { login: given }) }).send(
        request("https://gears.test"),
        signal,
      );
      await expect(sent).rejects.toMatchObject({ code: "proxy-refused" });
      await expect(sent).rejects.toThrow(said);
      await expect(sent).rejects.not.toThrow(/planted/);
    });

    test("a log-on goes to the proxy and not to the server", async () => {
      await using server = await listen(answering(reply("200 OK", ok)), ca.issue("DNS:gears.test"));
      await using proxy = await connectProxy({ port: server.port });
      await sender({ caFile: ca.file, proxy: `http://${proxy.host}`, login }).send(
        request("https://gears.test"),
        signal,
      );
      expect(proxy.received).toContain(sentLogin);
      expect(server.received).not.toMatch(/proxy-authorization/i);
    });

    test("a log-on that is refused is sent once, however often it is tried", async () => {
      const refuse = '407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="x"';
      await using proxy = await connectProxy({ refuse });
      const logOn = logOnMeans();
      for (let count = 0; count < 3; count += 1) {
        const one = sender({ proxy: `http://${proxy.host}`, login, logOn });
        const sent = one.send(request("https://gears.test"), signal);
        await expect(sent).rejects.toMatchObject({
          code: "proxy-refused",
          place: { stage: "proxy log-on", party: "proxy" },
        });
      }
      expect(proxy.received.match(/proxy-authorization/gi)).toHaveLength(1);
      expect(proxy.connections).toBe(1);
      const other = () => proxyLogin("u", "corrected-password", "the credential file");
      const corrected = sender({ proxy: `http://${proxy.host}`, login: other, logOn });
      await expect(corrected.send(request("https://gears.test"), signal)).rejects.toThrow(/refuses the user name/);
      expect(proxy.connections).toBe(2);
    });

    test.each<[string, string, () => Promise<Loopback>]>([
      ["http", "CONNECT", async () => await listen(answering((socket) => socket.destroy()))],
      [
        "http",
        "CONNECT, after a part of an answer",
        async () => await listen(answering((socket) => socket.end("HTTP/1.1 4"))),
      ],
      ["socks5", "SOCKS5", async () => await socksProxy([Buffer.from([5, 2]), Buffer.from([1])])],
    ])("a log-on whose answer is a closed connection counts as refused: %s, %s", async (scheme, _, open) => {
      await using proxy = await open();
      await using other = await connectProxy({ refuse: "502 Bad Gateway" });
      const logOn = logOnMeans();
      const routes = [`${scheme}://${proxy.host}`, `http://${other.host}`].map((way) => parseProxy(way, "test"));
      const systemProxy = async () => found({ routes }, "test");
      for (let count = 0; count < 3; count += 1) {
        const one = sender({ proxy: "auto", systemProxy, login, logOn });
        const sent = one.send(request("https://gears.test"), signal);
        await expect(sent).rejects.toMatchObject({
          code: "proxy-refused",
          place: { stage: "proxy log-on", party: "proxy" },
          message: expect.stringMatching(/closed the connection.*from the credential file.*not sent again in this run/),
        });
      }
      expect([proxy.connections, other.connections]).toEqual([1, 0]);
    });

    test("a connection that closes before any log-on refuses none", async () => {
      await using proxy = await socksProxy([Buffer.from([5])]);
      const logOn = logOnMeans();
      for (const connections of [1, 2]) {
        const one = sender({ proxy: `socks5://${proxy.host}`, login, logOn });
        await expect(one.send(request("https://gears.test"), signal)).rejects.toMatchObject({
          code: "connection-lost",
        });
        expect(proxy.connections).toBe(connections);
      }
    });

    describe("SOCKS5", () => {
      const hello = Buffer.from([5, 0]);
      const wantsLogin = Buffer.from([5, 2]);
      const open = Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 80]);

      test("the proxy looks the name up, and gets the requested log-on", async () => {
        await using server = await listen(answering(reply("200 OK", ok)), ca.issue("DNS:gears.test"));
        await using proxy = await socksProxy([wantsLogin, Buffer.from([1, 0]), open], server.port);
        const one = sender({ caFile: ca.file, proxy: `socks5://${proxy.host}`, login });
        expect(await one.send(request("https://gears.test:8443"), signal)).toMatchObject({ status: 200, body: ok });
        const asked = "\x05\x02\x00\x02\x01\x01u\x10planted-password\x05\x01\x00\x03\x0agears.test\x20\xfb";
        expect(proxy.received.startsWith(asked)).toBe(true);
      });

      test.each<[string, Buffer]>([
        ["a name", Buffer.from([5, 0, 0, 3, 4, ...Buffer.from("here"), 0, 80])],
        ["IPv6", Buffer.from([5, 0, 0, 4, ...Buffer.alloc(16), 0, 80])],
      ])("its own address may be %s", async (_, answer) => {
        await using server = await listen(answering(reply("200 OK", ok)), ca.issue("DNS:gears.test"));
        await using proxy = await socksProxy([hello, answer], server.port);
        const one = sender({ caFile: ca.file, proxy: `socks5://${proxy.host}` });
        expect(await one.send(request("https://gears.test"), signal)).toMatchObject({ status: 200 });
      });

      test.each<[string, Buffer[], typeof login | undefined, string, RegExp]>([
        ["wants a log-on", [Buffer.from([5, 255])], undefined, "proxy-refused", /wants a log-on.*proxyUsername/],
        ["takes no known log-on", [Buffer.from([5, 255])], login, "proxy-refused", /offers no authentication/],
        [
          "can't carry the log-on",
          [wantsLogin, Buffer.from([1, 1])],
          () => proxyLogin("u", `planted${"x".repeat(249)}`, "the credential file"),
          "proxy-refused",
          /from the credential file is longer than the 255 bytes/,
        ],
        ["refuses the log-on", [wantsLogin, Buffer.from([1, 1])], login, "proxy-refused", /from the credential file/],
        [
          "does not allow it",
          [hello, Buffer.from([5, 2])],
          undefined,
          "proxy-refused",
          /gears\.test:443: it does not allow/,
        ],
        ["gives an unknown code", [hello, Buffer.from([5, 99])], undefined, "proxy-refused", /answers with code 99/],
        ["speaks HTTP", [Buffer.from("HTTP/1.1 400 Bad\r\n\r\n")], undefined, "unexpected-answer", /its protocol/],
        [
          "has an unknown address",
          [hello, Buffer.from([5, 0, 0, 9, 1])],
          undefined,
          "unexpected-answer",
          /its protocol/,
        ],
        ["closes", [Buffer.from([5])], undefined, "connection-lost", /broke the connection/],
      ])("one that %s is named", async (_, answers, given, code, said) => {
        await using proxy = await socksProxy(answers);
        const one = sender({ proxy: `socks5://${proxy.host}`, ...(given && { login: given }) });
        const sent = one.send(request("https://gears.test"), signal);
        await expect(sent).rejects.toMatchObject({ code, place: { party: "proxy" } });
        await expect(sent).rejects.toThrow(said);
        await expect(sent).rejects.not.toThrow(/planted/);
      });

      test("one that the network names gets no log-on, which no credential file changes", async () => {
        await using proxy = await socksProxy([Buffer.from([5, 255])]);
        const route = { origin: `socks5://${proxy.host}`, login: undefined, discovered: true };
        const one = sender({ proxy: "auto", systemProxy: async () => found({ routes: [route] }, "PAC"), login });
        const sent = one.send(request("https://gears.test"), signal);
        await expect(sent).rejects.toThrow(/wants a log-on, but the agent does not log on at a proxy that it found/);
        await expect(sent).rejects.not.toThrow(/credential file/);
      });
    });

    describe("several routes, as a PAC script gives them", () => {
      const by = (...proxies: string[]) => {
        const routes = proxies.map((one) =>
          one === "direct" ? one : { origin: `http://${one}`, login: undefined, discovered: false },
        );
        return { proxy: "auto", systemProxy: async () => found({ routes }, "PAC") };
      };

      test("one that is gone and one that is silent are skipped", async () => {
        const gone = await listen(() => {});
        await gone[Symbol.asyncDispose]();
        await using silent = await listen(() => {});
        await using server = await listen(answering(reply("200 OK", ok)), ca.issue("DNS:gears.test"));
        await using proxy = await connectProxy({ port: server.port });
        const one = sender({
          caFile: ca.file,
          requestTimeout: 9000,
          ...by(gone.host, silent.host, proxy.host, "direct"),
        });
        expect(await one.send(request("https://gears.test"), signal)).toMatchObject({ status: 200 });
        expect([silent.connections, proxy.connections]).toEqual([1, 1]);
      });

      test("one that refuses is not skipped: the refusal may be meant", async () => {
        await using server = await listen(answering(reply("200 OK", ok)));
        await using proxy = await connectProxy({ refuse: "403 Forbidden" });
        const sent = sender(by(proxy.host, "direct")).send(request("https://gears.test"), signal);
        await expect(sent).rejects.toMatchObject({ code: "proxy-refused" });
        expect(server.connections).toBe(0);
      });

      test("a setting that could not be read is reported where there is no connection", async () => {
        const error = new AgentError("not-connected", "The PAC script can't be fetched.");
        const one = sender({ proxy: "auto", systemProxy: async () => failed("PAC", error) });
        const name = `${"a".repeat(64)}.test`;
        await expect(one.send(request(`https://${name}`), signal)).rejects.toThrow(/No proxy was used: The PAC script/);
      });

      test("an abort also ends the choice of the proxy", async () => {
        const aborter = new AbortController();
        const systemProxy = () => {
          aborter.abort();
          return new Promise<never>(() => {});
        };
        const sent = sender({ proxy: "auto", systemProxy }).send(request("https://gears.test"), aborter.signal);
        await expect(sent).rejects.toMatchObject({ code: "interrupted" });
      });

      test("the last one's failure is reported with those before it", async () => {
        const gone = await listen(() => {});
        await gone[Symbol.asyncDispose]();
        const name = `${"a".repeat(64)}.test`;
        const sent = sender(by(gone.host, "direct")).send(request(`https://${name}`), signal);
        await expect(sent).rejects.toMatchObject({ code: "name-not-resolved" });
        await expect(sent).rejects.toThrow(`Before that: No connection to the proxy ${gone.host}`);
      });
    });

    test("a server that is silent behind the proxy is ended by the time limit", async () => {
      await using mute = await listen(() => {});
      await using toMute = await connectProxy({ port: mute.port });
      const beforeTls = sender({ proxy: `http://${toMute.host}`, requestTimeout: 500 });
      await expect(beforeTls.send(request("https://gears.test"), signal)).rejects.toMatchObject({
        code: "not-connected",
      });
      await using silent = await listen(() => {}, ca.issue("DNS:gears.test"));
      await using toSilent = await connectProxy({ port: silent.port });
      const afterTls = sender({ proxy: `http://${toSilent.host}`, requestTimeout: 3000, caFile: ca.file });
      await expect(afterTls.send(request("https://gears.test"), signal)).rejects.toMatchObject({ code: "no-answer" });
    });

    test("names the proxy where it can't be reached, breaks off or is silent", async () => {
      const gone = await listen(() => {});
      await gone[Symbol.asyncDispose]();
      const toGone = sender({ proxy: `http://${gone.host}` }).send(request("https://gears.test"), signal);
      await expect(toGone).rejects.toMatchObject({ code: "not-connected" });
      await expect(toGone).rejects.toThrow(`the proxy ${gone.host}`);
      await using broken = await listen(answering((socket) => socket.destroy()));
      const toBroken = sender({ proxy: `http://${broken.host}` }).send(request("https://gears.test"), signal);
      await expect(toBroken).rejects.toMatchObject({ code: "connection-lost" });
      await using silent = await listen(() => {});
      const toSilent = sender({ proxy: `http://${silent.host}`, requestTimeout: 300 });
      await expect(toSilent.send(request("https://gears.test"), signal)).rejects.toMatchObject({
        code: "not-connected",
      });
    });
  });

  describe("the vendor client's local API", () => {
    const hwid = "1dc0aaaa292ce801f5379042d68bb6cb";
    const page = `linkuser({"code":0,"description":"Success","info":{"hwid":"${hwid}"}})`;

    test("is asked on loopback under the vendor's name", async () => {
      const pair = ca.issue("DNS:eapi.opswatgears.com");
      await using server = await listen(answering(reply("200 OK", page, "Content-Type: text/html")), pair);
      const one = sender({ caFile: ca.file, proxy: "http://127.0.0.1:1" });
      expect(await readVendorDeviceId(server.port, one, signal)).toMatchObject({ kind: "found", value: hwid });
      expect(server.received).toMatch(/^GET \/opswat\/devinfo\?callback=linkuser HTTP\/1\.1\r\n/);
      expect(server.received).toContain(`host: eapi.opswatgears.com:${server.port}\r\n`);
    });

    test("an impostor without the vendor's certificate is ignored", async () => {
      await using server = await listen(answering(reply("200 OK", page)), ca.issue("DNS:localhost,IP:127.0.0.1"));
      const reading = await readVendorDeviceId(server.port, sender({ caFile: ca.file }), signal);
      expect(reading).toMatchObject({ kind: "failed", error: { code: "tls-untrusted" } });
    });

    test("without a listener there is none", async () => {
      const gone = await listen(() => {});
      await gone[Symbol.asyncDispose]();
      expect(await readVendorDeviceId(gone.port, sender(), signal)).toMatchObject({ kind: "absent" });
    });

    test("Linux finds the listener and its owner without Node's network code", async () => {
      const server = await listen(() => {});
      expect(probePort(server.port)).toBe(true);
      const isOwn = (uid: number) => uid === process.geteuid?.();
      expect(readListener("/", server.port, isOwn)).toMatchObject({ kind: "found", value: { trusted: true } });
      expect(readListener("/", server.port, () => false)).toMatchObject({ kind: "found", value: { trusted: false } });
      await server[Symbol.asyncDispose]();
      expect(probePort(server.port)).toBe(false);
    });
  });
});

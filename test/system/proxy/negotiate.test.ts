import { createHash, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { AgentError } from "../../../agent/errors.ts";
import type { Sender } from "../../../agent/network/exchange.ts";
import { type ProxyAddress, parseProxy, proxyLogin } from "../../../agent/network/proxy/address.ts";
import type { LogOnMeans } from "../../../agent/network/proxy/log-on.ts";
import { createSender } from "../../../agent/network/send.ts";
import { found } from "../../../agent/reading.ts";
import { Secret } from "../../../agent/secret.ts";
import { fakeSystem, logOnMeans, proxySources } from "../../fakes/log-on.ts";
import { createTestCa, type KeyPair, type TestCa } from "../support/certificates.ts";
import { answering, type Loopback, listen, reply } from "../support/loopback.ts";
import { passOn } from "../support/pass-on.ts";

/** A log-on by the system at scripted proxies. The system's own part is `test/system/directory`'s. */

const signal = new AbortController().signal;
const ok = '{"result":1,"msg":"OK"}';
const senders: Sender[] = [];
let ca: TestCa;
let tenant: Loopback;

beforeAll(async () => {
  ca = createTestCa();
  tenant = await listen(answering(reply("200 OK", ok)), ca.issue("DNS:gears.test"));
});
afterEach(async () => {
  for (const one of senders.splice(0)) await one.close();
});
afterAll(async () => {
  await tenant[Symbol.asyncDispose]();
  ca[Symbol.dispose]();
});

const open = "HTTP/1.1 200 Connection established\r\n";
const wants = (...challenges: readonly string[]): string =>
  reply("407 Proxy Authentication Required", "no", ...challenges.map((one) => `Proxy-Authenticate: ${one}`));
const negotiate = (token: string): string => `Negotiate ${Buffer.from(token).toString("base64")}`;

/** A proxy that gives each request the next answer, on any connection; `open…` opens the tunnel. */
async function scripted(answers: readonly (string | ((socket: Socket) => void))[], pair?: KeyPair): Promise<Loopback> {
  const left = [...answers];
  return await listen((socket) => {
    let text = "";
    const onData = (chunk: Buffer): void => {
      text += chunk.toString("latin1");
      if (!text.endsWith("\r\n\r\n")) return;
      text = "";
      const answer = left.shift() ?? ((one: Socket) => one.destroy());
      if (typeof answer === "string" && !answer.startsWith(open)) {
        socket.write(answer);
        return;
      }
      socket.off("data", onData);
      if (typeof answer === "function") {
        answer(socket);
        return;
      }
      const onward = connect(tenant.port, "127.0.0.1", () => socket.write(answer));
      passOn(socket, onward);
    };
    socket.on("data", onData);
  }, pair);
}

/** RFC 5929 4 */
function bindingTo({ cert }: KeyPair): Buffer {
  const hash = createHash("sha256").update(new X509Certificate(cert).raw).digest();
  return Buffer.concat([Buffer.from("tls-server-end-point:"), hash]);
}

/** The values of `Proxy-Authorization`, request by request. */
const authorizations = ({ received }: Loopback): readonly string[] =>
  received
    .split("CONNECT ")
    .slice(1)
    .map((head) => {
      const [, scheme, value = ""] = /\r\nproxy-authorization: (\w+) (\S+)/i.exec(head) ?? [];
      return scheme === undefined ? "none" : `${scheme} ${Buffer.from(value, "base64").toString("latin1")}`;
    });

function send(proxy: Loopback, logOn: LogOnMeans, address: Partial<ProxyAddress> & { scheme?: string } = {}) {
  const { scheme = "http", ...changes } = address;
  const route = { ...parseProxy(`${scheme}://${proxy.host}`, "the setting proxy"), ...changes };
  const sender = createSender({
    requestTimeout: 20_000,
    caFile: { path: ca.file, origin: "test", read: () => readFileSync(ca.file) },
    proxy: proxySources({ setting: "auto", systemProxy: async () => found({ routes: [route] }, "test"), logOn }),
  });
  senders.push(sender);
  const target = new Secret("/o/api");
  return sender.send({ method: "POST", origin: "https://gears.test", target, headers: {}, body: undefined }, signal);
}

describe("a proxy that wants Negotiate lets the run through", () => {
  test("after one leg, on the connection of its challenge", async () => {
    await using proxy = await scripted([wants("Negotiate", 'Basic realm="x"'), `${open}\r\n`]);
    const system = fakeSystem(["ticket"]);
    expect(await send(proxy, logOnMeans({ system }))).toMatchObject({ status: 200 });
    expect(authorizations(proxy)).toEqual(["none", "Negotiate ticket"]);
    expect(proxy.connections).toBe(1);
    expect(system.peers).toEqual([{ scheme: "Negotiate", host: "127.0.0.1", channelBinding: undefined }]);
    expect(system.closed).toBe(1);
  });

  test("after several legs on one connection, with its last token", async () => {
    const last = `${open}Proxy-Authenticate: ${negotiate("proof")}\r\n\r\n`;
    await using proxy = await scripted([wants("Negotiate"), wants(negotiate("more")), last]);
    const system = fakeSystem(["one", "two"]);
    expect(await send(proxy, logOnMeans({ system }))).toMatchObject({ status: 200 });
    expect(authorizations(proxy)).toEqual(["none", "Negotiate one", "Negotiate two"]);
    expect([system.heard, proxy.connections]).toEqual([["more", "proof"], 1]);
  });

  test.each<readonly [string, string | ((socket: Socket) => void)]>([
    ["and says so", wants("Negotiate").replace("\r\n", "\r\nConnection: close\r\n")],
    ["without a length", "HTTP/1.1 407 x\r\nProxy-Authenticate: Negotiate\r\n\r\nno"],
    ["and does not say so", (socket) => socket.end(wants("Negotiate"))],
  ])("where it ends the connection of its challenge %s", async (_, challenge) => {
    await using proxy = await scripted([challenge, `${open}\r\n`]);
    const system = fakeSystem(["ticket"]);
    expect(await send(proxy, logOnMeans({ system }))).toMatchObject({ status: 200 });
    expect(authorizations(proxy).at(-1)).toBe("Negotiate ticket");
    expect(proxy.connections).toBe(2);
  });

  test("bound to its certificate, where it is reached by TLS", async () => {
    const pair = ca.issue("IP:127.0.0.1");
    await using proxy = await scripted([wants("Negotiate"), `${open}\r\n`], pair);
    const system = fakeSystem(["ticket"]);
    expect(await send(proxy, logOnMeans({ system }), { scheme: "https" })).toMatchObject({ status: 200 });
    expect(system.peers[0]?.channelBinding).toEqual(bindingTo(pair));
  });

  test.each([
    ["says so", wants("Negotiate").replace("\r\n", "\r\nConnection: close\r\n")],
    ["does not say so", wants("Negotiate")],
  ])(
    "bound to the certificate of the connection that carries it, where the challenge's ended and it %s",
    async (_, challenge) => {
      const pairs = [ca.issue("IP:127.0.0.1"), ca.issue("IP:127.0.0.1")] as const;
      const certificates = [...pairs];
      await using proxy = await listen((plain) => {
        const socket = new TLSSocket(plain, { isServer: true, ...certificates.shift() });
        socket.on("error", () => {});
        socket.once("data", () => {
          if (certificates.length > 0) socket.end(challenge);
          else
            passOn(
              socket,
              connect(tenant.port, "127.0.0.1", () => void socket.write(`${open}\r\n`)),
            );
        });
      });
      const system = fakeSystem(["ticket"]);
      expect(await send(proxy, logOnMeans({ system }), { scheme: "https" })).toMatchObject({ status: 200 });
      expect(system.peers.at(-1)?.channelBinding).toEqual(bindingTo(pairs[1]));
      expect([proxy.connections, system.closed]).toEqual([2, system.peers.length]);
    },
  );

  test("after a user name that it does not take", async () => {
    await using proxy = await scripted([wants("Negotiate"), `${open}\r\n`]);
    const login = proxyLogin("u", "p", "the credential file");
    expect(await send(proxy, logOnMeans({ system: fakeSystem(["ticket"]) }), { login })).toMatchObject({ status: 200 });
    expect(authorizations(proxy)).toEqual(["Basic u:p", "Negotiate ticket"]);
  });

  test("with several legs of NTLM by its setting", async () => {
    await using proxy = await scripted([
      wants("NTLM"),
      wants(`NTLM ${Buffer.from("2").toString("base64")}`),
      `${open}\r\n`,
    ]);
    const system = fakeSystem(["1", "3"], { schemes: ["Negotiate", "NTLM"] });
    expect(await send(proxy, logOnMeans({ system, mode: "ntlm" }))).toMatchObject({ status: 200 });
    expect(authorizations(proxy)).toEqual(["none", "NTLM 1", "NTLM 3"]);
  });
});

describe("a log-on that fails", () => {
  test("is refused: the account is named, and it is not sent again in the run", async () => {
    const logOn = logOnMeans({ system: fakeSystem(["ticket"]) });
    await using proxy = await scripted([wants("Negotiate"), wants("Negotiate", 'Basic realm="x"')]);
    for (let count = 0; count < 3; count += 1) {
      await expect(send(proxy, logOn)).rejects.toMatchObject({
        code: "proxy-refused",
        message: expect.stringMatching(/refuses the account PC1\$@AD\.TEST by Negotiate.*not sent again/),
        place: { stage: "proxy log-on", party: "proxy" },
      });
    }
    expect(authorizations(proxy)).toEqual(["none", "Negotiate ticket"]);
  });

  test("where the system has no ticket: nothing was sent, so it is tried again", async () => {
    const error = new AgentError("credentials-missing", "The account PC1$@AD.TEST can't log on: its own words.");
    const logOn = logOnMeans({ system: fakeSystem([], { failure: { leg: 0, error } }) });
    await using proxy = await scripted([wants("Negotiate"), wants("Negotiate")]);
    for (let count = 0; count < 2; count += 1) {
      await expect(send(proxy, logOn)).rejects.toMatchObject({
        code: "proxy-refused",
        message: expect.stringMatching(
          /wants Negotiate \(status 407\)\. The account PC1\$@AD\.TEST can't log on: its own words\. Or put proxyUsername/,
        ),
        place: { stage: "tunnel", party: "proxy" },
      });
    }
    expect(authorizations(proxy)).toEqual(["none", "none"]);
  });

  test.each([
    [
      "a proof that is wrong",
      { failure: { leg: 1, error: new AgentError("credentials-refused", "Mutual: wrong.") } },
      /Mutual: wrong/,
    ],
    ["a proof that is none", {}, /before the log-on by Negotiate was complete/],
  ])("with %s, though the proxy opened the tunnel", async (_, options, message) => {
    await using proxy = await scripted([wants("Negotiate"), `${open}Proxy-Authenticate: ${negotiate("x")}\r\n\r\n`]);
    await expect(send(proxy, logOnMeans({ system: fakeSystem(["a", "b", "c"], options) }))).rejects.toThrow(message);
    expect(tenant.received).not.toContain("proxy-authorization");
  });

  test("while the system looks for an account: its handle is closed as soon as it is there", async () => {
    const started = Promise.withResolvers<void>();
    const system = fakeSystem(["ticket"], { started: started.promise });
    await using proxy = await scripted([wants("Negotiate")]);
    const sending = expect(send(proxy, logOnMeans({ system }))).rejects.toMatchObject({ code: "interrupted" });
    await vi.waitFor(() => expect(system.peers).toHaveLength(1), 30_000);
    await senders[0]?.close();
    await sending;
    started.resolve();
    await vi.waitFor(() => expect(system.closed).toBe(1), 30_000);
  });

  test("without an end: a proxy that always wants one more leg", async () => {
    await using proxy = await scripted(Array.from({ length: 20 }, () => wants(negotiate("more"))));
    const system = fakeSystem(Array.from({ length: 20 }, (_, at) => `leg ${at}`));
    await expect(send(proxy, logOnMeans({ system }))).rejects.toMatchObject({ code: "proxy-refused" });
    expect(authorizations(proxy).length).toBeLessThan(7);
  });

  test.each<readonly [string, Partial<ProxyAddress>, Partial<LogOnMeans>]>([
    ["a proxy that only the network names", { discovered: true }, {}],
    ["proxyAuth none", {}, { mode: "none" }],
    ["proxyAuth basic", {}, { mode: "basic" }],
  ])("before anything is asked of the system: %s", async (_, address, means) => {
    await using proxy = await scripted([wants("Negotiate")]);
    const system = fakeSystem(["ticket"]);
    await expect(send(proxy, logOnMeans({ system, ...means }), address)).rejects.toMatchObject({
      code: "proxy-refused",
    });
    expect([system.peers, authorizations(proxy)]).toEqual([[], ["none"]]);
  });
});

test("for any answer of a proxy the run ends with an outcome, and a refused account is not sent again", async () => {
  const token = fc.oneof(fc.string({ maxLength: 40 }), fc.base64String({ maxLength: 400 }), fc.constant("====="));
  const scheme = fc.constantFrom("Negotiate", "negotiate", "NTLM", "Basic", "Kerberos", "Digest", "");
  const challenge = fc.tuple(scheme, token).map(([name, text]) => `${name} ${text.replace(/[\r\n]/g, "")}`);
  const status = fc.constantFrom("407 x", "401 x", "200 x", "407", "503 y");
  const answer = fc
    .tuple(status, fc.array(challenge, { maxLength: 4 }), fc.boolean())
    .map(([line, challenges, length]) => {
      const lines = challenges.map((one) => `Proxy-Authenticate: ${one}\r\n`).join("");
      return `HTTP/1.1 ${line}\r\n${lines}${length ? "Content-Length: 0\r\n" : ""}\r\n`;
    });
  await fc.assert(
    fc.asyncProperty(fc.array(answer, { minLength: 1, maxLength: 6 }), async (answers) => {
      const ends = answers.map((text) => (socket: Socket) => void socket.end(text));
      await using proxy = await scripted(ends);
      const system = fakeSystem(["ticket"]);
      await expect(send(proxy, logOnMeans({ system }))).rejects.toBeInstanceOf(AgentError);
      expect(authorizations(proxy).filter((one) => one === "Negotiate ticket").length).toBeLessThan(3);
      expect(authorizations(proxy).filter((one) => !/^(?:none|Negotiate ticket)$/.test(one))).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

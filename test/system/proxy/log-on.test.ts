import { connect, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import type { Sender } from "../../../agent/network/exchange.ts";
import type { SystemLogOn } from "../../../agent/network/log-on/system-log-on.ts";
import type { LogOnMeans } from "../../../agent/network/proxy/log-on.ts";
import { createSender } from "../../../agent/network/send.ts";
import { Secret } from "../../../agent/secret.ts";
import { logOnMeans, proxySources } from "../../fakes/log-on.ts";
import { answering, type Loopback, listen, reply } from "../support/loopback.ts";
import { passOn } from "../support/pass-on.ts";

/** A log-on of several legs on one connection, like NTLM, with proxies that answer in every way that HTTP allows. */

const signal = new AbortController().signal;
const senders: Sender[] = [];
afterEach(async () => {
  for (const one of senders.splice(0)) await one.close();
});

/** A system that answers `challenge N` by `proof N`, as NTLM does. */
const system: SystemLogOn = {
  schemes: ["NTLM"],
  start: async () => ({
    account: "CORP\\LAPTOP1$",
    step: async (token) => {
      const proof = token === undefined ? "offer" : token.toString().replace("challenge", "proof");
      return { token: Buffer.from(proof), complete: token !== undefined };
    },
    close: async () => {},
  }),
};

/** How a 407 ends: the header lines that say so with the body, and whether the proxy closes the connection then. */
interface Ending {
  readonly version?: string;
  readonly text: string;
  readonly closes?: true;
}
const page = "<html>Log on</html>";
const endings = {
  "no body": { text: "Content-Length: 0\r\n\r\n" },
  "a page": { text: `Content-Length: ${page.length}\r\n\r\n${page}` },
  "a page in chunks": {
    text: `Transfer-Encoding: chunked\r\n\r\n${page.length.toString(16)};x=y\r\n${page}\r\n0\r\nX-Trailer: y\r\n\r\n`,
  },
  "HTTP/1.0 with keep-alive": { version: "1.0", text: "Proxy-Connection: Keep-Alive\r\nContent-Length: 0\r\n\r\n" },
  "a close": { text: "Connection: close\r\nContent-Length: 0\r\n\r\n", closes: true },
  "a close as old proxies say it": { text: "Proxy-Connection: Close\r\nContent-Length: 0\r\n\r\n", closes: true },
  "a page up to the end": { text: `\r\n${page}`, closes: true },
  "HTTP/1.0": { version: "1.0", text: `\r\n${page}`, closes: true },
  "a close without a word": { text: "Content-Length: 0\r\n\r\n", closes: true },
  "a close that it does not keep": { text: "Connection: close\r\nContent-Length: 0\r\n\r\n" },
  "a page of megabytes": { text: `Content-Length: 3000000\r\n\r\n${"x".repeat(100_000)}` },
} as const satisfies Record<string, Ending>;
type Name = keyof typeof endings;
const keeping = Object.keys(endings).slice(0, 4) as Name[];
const ending = Object.keys(endings).slice(4) as Name[];

/**
 * A proxy that lets a client in if it answers the challenge on the connection that brought it.
 * @param first how the proxy's answer to a request without a log-on ends
 * @param second how its answer with the challenge ends
 */
async function ntlmProxy(target: number, first: Ending, second: Ending): Promise<Loopback> {
  let count = 0;
  return await listen((socket: Socket) => {
    const number = ++count;
    const refuse = (challenge: string, { version = "1.1", text, closes }: Ending): void => {
      socket.write(`HTTP/${version} 407 Authentication Required\r\nProxy-Authenticate: ${challenge}\r\n${text}`);
      if (closes) socket.end();
    };
    let head = "";
    const read = (chunk: Buffer): void => {
      head += chunk.toString("latin1");
      if (!head.endsWith("\r\n\r\n")) return;
      const [, sent = ""] = /proxy-authorization: NTLM (\S+)/i.exec(head) ?? [];
      head = "";
      const token = Buffer.from(sent, "base64").toString();
      if (token === `proof ${number}`) {
        socket.off("data", read);
        passOn(
          socket,
          connect(target, "127.0.0.1", () => void socket.write("HTTP/1.1 200 OK\r\n\r\n")),
        );
      } else if (token === "offer") {
        refuse(`NTLM ${Buffer.from(`challenge ${number}`).toString("base64")}`, second);
      } else {
        refuse("NTLM", token === "" ? first : endings["no body"]);
      }
    };
    socket.on("data", read);
  });
}

async function sendThrough(proxy: Loopback, logOn: LogOnMeans, target: number) {
  const sender = createSender({
    requestTimeout: 20_000,
    caFile: undefined,
    proxy: proxySources({ setting: `http://${proxy.host}`, logOn }),
  });
  senders.push(sender);
  const request = {
    method: "GET" as const,
    origin: `http://127.0.0.1:${target}`,
    target: new Secret("/"),
    headers: {},
    body: undefined,
  };
  return await sender.send(request, signal);
}

test.each([
  ...keeping.flatMap((first) => keeping.map((second) => [first, second, 1] as const)),
  ...ending.map((first) => [first, "no body", 2] as const),
])("a first 407 with %s, a challenge with %s: %i connections", async (first, second, connections) => {
  await using server = await listen(answering(reply("200 OK", "{}")));
  await using proxy = await ntlmProxy(server.port, endings[first], endings[second]);
  const response = await sendThrough(proxy, logOnMeans({ mode: "ntlm", system }), server.port);
  expect(response.status).toBe(200);
  expect(proxy.connections).toBe(connections);
});

test.each(ending.filter((one) => one !== "a close without a word"))(
  "a challenge that ends the connection, with %s, is named, and nothing is sent again",
  async (second) => {
    await using proxy = await ntlmProxy(9, endings["no body"], endings[second]);
    const logOn = logOnMeans({ mode: "ntlm", system });
    for (let count = 0; count < 2; count += 1) {
      await expect(sendThrough(proxy, logOn, 9)).rejects.toMatchObject({
        code: "proxy-refused",
        message: expect.stringMatching(/closed the connection during the log-on by NTLM/),
        place: { stage: "proxy log-on", party: "proxy" },
      });
    }
    expect(proxy.connections).toBe(1);
    expect(proxy.received).not.toContain(Buffer.from("proof").toString("base64").slice(0, 6));
  },
);

test("a connection that ends on the proof, without a word, counts as a refusal", async () => {
  await using proxy = await ntlmProxy(9, endings["no body"], endings["a close without a word"]);
  const logOn = logOnMeans({ mode: "ntlm", system });
  for (let count = 0; count < 2; count += 1) {
    await expect(sendThrough(proxy, logOn, 9)).rejects.toMatchObject({
      code: "proxy-refused",
      message: expect.stringMatching(/closed the connection after it got the log-on by NTLM/),
    });
  }
  expect(proxy.connections).toBe(1);
});

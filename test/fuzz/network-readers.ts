import { strict as assert } from "node:assert";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { AgentError } from "../../agent/errors.ts";
import { readRateLimit } from "../../agent/gears/rate-limit-headers.ts";
import { serverText } from "../../agent/gears/server-text.ts";
import type { RawResponse } from "../../agent/network/exchange.ts";
import { InterimAnswers } from "../../agent/network/interim-answers.ts";
import type { SystemLogOn } from "../../agent/network/log-on/system-log-on.ts";
import { unpacked } from "../../agent/network/packed-body.ts";
import { endpointOf, parseProxy, proxyLogin } from "../../agent/network/proxy/address.ts";
import { ProxyLogOn } from "../../agent/network/proxy/log-on.ts";
import { routesOfPac } from "../../agent/network/proxy/pac-result.ts";
import { openTunnel } from "../../agent/network/tunnel/http-connect.ts";
import { openSocks } from "../../agent/network/tunnel/socks5.ts";
import { fakeSystem, logOnMeans } from "../fakes/log-on.ts";
import type { ByteTarget } from "./bytes.ts";
import { caught, context, devinfo, linkUser, now, refused, sensible, showable, token } from "./promises.ts";

/** Readers of what servers, proxies and PAC scripts send. */

const maxBody = 65_536;
const party = { party: "tenant", host: "gears.opswat.com" } as const;
const target = "gears.opswat.com:443";
const spot = { party: "proxy", host: "proxy.example.com:3128", target } as const;
const never = new AbortController().signal;
const proxy = {
  ...parseProxy("http://proxy.example.com:3128", "the setting proxy"),
  login: proxyLogin("alice", "tok-0123456789", "the credential file"),
};

const newLogOn = () =>
  new ProxyLogOn(proxy, target, logOnMeans({ mode: "negotiate", system: fakeSystem(["ticket", "proof"]) }));
/** A system's answer to any input. */
const newSystemLogOn = () => {
  const step = async () => ({ token: Buffer.from("token"), complete: false });
  const exchange = { account: undefined, step, close: async () => {} };
  const system: SystemLogOn = { schemes: ["NTLM"], start: async () => exchange };
  return new ProxyLogOn(proxy, target, logOnMeans({ mode: "ntlm", system }));
};

const text = (...seeds: readonly string[]): readonly Buffer[] => seeds.map((seed) => Buffer.from(seed));
const raw = (...seeds: readonly string[]): readonly Buffer[] => seeds.map((seed) => Buffer.from(seed, "latin1"));

/** `200`, header lines, an empty line and the body. */
function response(input: Buffer): RawResponse {
  const [head = "", ...rest] = input.toString().split("\n\n");
  const [status = "", ...lines] = head.split("\n");
  const headers = Object.fromEntries(
    lines.flatMap((line) => {
      const [, name, value = ""] = /^([\w-]+): ?(.*)$/.exec(line) ?? [];
      return name === undefined ? [] : [[name.toLowerCase(), value]];
    }),
  );
  return { status: 200 + ((Number.parseInt(status, 10) || 0) % 400), headers, body: rest.join("\n\n") };
}

/** A connection on which a proxy sends these bytes, in pieces of the size in the first byte, and then ends. */
function connection(input: Buffer): Socket {
  const size = 1 + (input[0] ?? 0);
  const bytes = input.subarray(1);
  const stream = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
  for (let at = 0; at < bytes.length; at += size) stream.push(bytes.subarray(at, at + size));
  stream.push(null);
  return stream as unknown as Socket;
}

async function settles(work: Promise<unknown>): Promise<void> {
  await work.catch((thrown: unknown) => {
    if (!(thrown instanceof AgentError)) throw thrown;
    showable(thrown.message);
  });
}

/** The rest is the answer without interim answers, for any split of the bytes. */
function interim(input: Buffer): void {
  const bytes = input.subarray(1);
  const whole = new InterimAnswers().filter(bytes);
  assert.ok(bytes.subarray(bytes.length - whole.length).equals(whole));
  const cut = new InterimAnswers();
  const size = 1 + (input[0] ?? 0);
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) parts.push(cut.filter(bytes.subarray(at, at + size)));
  assert.ok(Buffer.concat(parts).equals(whole));
}

const codings = ["gzip", "deflate", "br", "zstd", "gzip, br", "x"];

function packedBody(input: Buffer): void {
  const coding = codings[(input[0] ?? 0) % codings.length] ?? "gzip";
  const answer = { headers: { "content-encoding": coding }, body: input.subarray(1) };
  const body = caught(() => unpacked(answer, maxBody, party), "protocol");
  assert.ok(body === undefined || body.length <= maxBody);
}

const packed = [gzipSync, deflateSync, brotliCompressSync, zstdCompressSync].map((pack, index) =>
  Buffer.concat([Buffer.from([index]), pack('{"result":1,"msg":"OK"}')]),
);

function pacResult(input: Buffer): void {
  const routes = routesOfPac(input.toString(), false);
  assert.ok(routes.length <= 10);
  for (const route of routes.filter((one) => one !== "direct")) {
    const { host, port } = endpointOf(route);
    assert.ok(host !== "" && !/[\s/@]/.test(host) && port > 0 && port < 65_536, `${host} ${port}`);
    assert.equal(route.login, undefined);
  }
}

function proxyAddress(input: Buffer): void {
  const address = refused(() => parseProxy(input.toString(), "HTTPS_PROXY"));
  if (address === undefined) return;
  const { host, port } = endpointOf(address);
  assert.ok(host !== "" && !/[\s/@]/.test(host) && port > 0 && port < 65_536, `${host} ${port}`);
}

export const networkReaders: readonly ByteTarget[] = [
  {
    name: "link_user",
    seeds: text(
      '0\ncontent-type: application/json\n\n{"result":1,"msg":"OK"}',
      '0\n\n{"result":0,"msg":"Device not found"}',
      "229\nretry-after: 60\nx-linkuser-place: exact\n\n{}",
    ),
    check: (input) => linkUser(response(input)),
  },
  {
    name: "token",
    seeds: text(
      '0\n\n{"access_token":"0123456789abcdef","token_type":"bearer","expires_in":3600}',
      '200\n\n{"error":"invalid_client","error_description":"Bad client credentials"}',
    ),
    check: (input) => token(response(input)),
  },
  {
    name: "devinfo",
    seeds: text('0\n\nlinkuser({"code":0,"description":"Success","info":{"hwid":"1dc0aaaa292ce801f5379042d68bb6cb"}})'),
    check: (input) => devinfo(response(input)),
  },
  {
    name: "limit headers",
    seeds: text(
      "229\ndate: Mon, 23 Nov 2026 08:00:00 GMT\nretry-after: 60\nx-ratelimit-reset-in: 60 s",
      "229\nretry-after: 2592000\nx-linkuser-place: exact",
      "303\nx-ratelimit-limit: 10, 10;w=60\nx-ratelimit-remaining: 0\nx-ratelimit-reset-time: 1795420800",
    ),
    check: (input) => sensible(readRateLimit(response(input), now)),
  },
  {
    name: "server's words",
    seeds: text("No licence.", "<!DOCTYPE html><title>Log in</title>", "c2VjcmV0LXRoaW5n+tok-0123456789"),
    check: (input) => showable(serverText(input.toString(), context.secrets)),
  },
  {
    name: "interim answers",
    seeds: raw("\x05HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 x\nlink: y\n\nHTTP/1.1 200 OK\r\n\r\nbody"),
    check: interim,
  },
  { name: "packed body", seeds: packed, check: packedBody },
  {
    name: "proxy's challenge",
    seeds: text('Basic realm="a, \\"b\\""\nNTLM', "Negotiate abc==, Digest qop=auth"),
    check: async (input) => {
      const values = input.toString("latin1").split("\n");
      await settles(Promise.try(() => newLogOn().next(values).authorize()).then(() => undefined));
    },
  },
  {
    name: "PAC result",
    seeds: text("PROXY a.example.com:8080; HTTPS b:443; SOCKS5 [::1]:1080; DIRECT"),
    check: pacResult,
  },
  {
    name: "proxy address",
    seeds: text("http://user:p%40ss@proxy.example.com:3128/", "socks5://[::1]", "proxy:80"),
    check: proxyAddress,
  },
  {
    name: "SOCKS5 replies",
    seeds: raw(
      "\xff\x05\x02\x01\x00\x05\x00\x00\x01\x7f\x00\x00\x01\x01\xbb",
      "\x01\x05\x00\x05\x00\x00\x03\x02ab\x01\xbb",
    ),
    check: async (input) => await settles(openSocks(connection(input), proxy, { host: "a", port: 443 }, spot, never)),
  },
  {
    name: "CONNECT replies",
    seeds: raw(
      "\x0bHTTP/1.1 200 Connection established\r\n\r\n",
      '\xffHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 407 x\r\nProxy-Authenticate: Basic realm="x"\r\nContent-Length: 2\r\n\r\nok',
      "\xffHTTP/1.1 407 x\r\nProxy-Authenticate: NTLM\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\nok\r\n0\r\nx: y\r\n\r\nHTTP/1.1 200 x\r\n\r\n",
    ),
    check: async (input) => {
      await settles(openTunnel(async () => connection(input), newSystemLogOn(), target, spot, never).then(() => {}));
    },
  },
];

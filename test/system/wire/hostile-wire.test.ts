import { deflateSync, gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { printable } from "../../../agent/printable.ts";
import type { Misbehaviour } from "../../fakes/answers.ts";
import { type Gears, startGears } from "../../fakes/gears.ts";
import { caller, type Endpoint, oneAttempt, setUpEndpoint, start, withDocument } from "../support/agent.ts";
import { createTestCa, type TestCa } from "../support/certificates.ts";
import { answering, listen, reply } from "../support/loopback.ts";
import { peakMemory } from "../support/process-memory.ts";

/** Oddities of HTTP/1.1 (RFC 9112), byte by byte: every run ends by its deadline, as no defect, in little memory. */

let gears: Gears;
let endpoint: Endpoint;
let ca: TestCa;

beforeEach(async () => {
  ca = createTestCa();
  gears = await startGears({ limit: { calls: 10_000, periodMs: 60_000 } });
  endpoint = setUpEndpoint(gears, { requestTimeout: "3s", ...oneAttempt });
});
afterEach(async () => {
  endpoint[Symbol.dispose]();
  ca[Symbol.dispose]();
  await gears.close();
});

async function run(flags: readonly string[] = []) {
  const args = ["link", "--json", "--user", caller, "--config", endpoint.settingsFile, ...flags];
  const { child, ended } = start(args, { environment: endpoint.environment });
  const peak = await peakMemory(child);
  const reported = withDocument(await ended);
  endpoint.huntSecrets(reported.stdout + reported.stderr);
  expect(peak).toBeGreaterThan(0);
  expect(peak).toBeLessThan(150e6);
  return reported;
}

/** A limit that no busy machine reaches, for answers that end a run by themselves. */
const patient = { requestTimeout: "30s", retryInitialDelay: "10ms", retryMaxDelay: "50ms" };

const good = '{"result":1,"msg":"OK"}';
const line = "HTTP/1.1 200 OK\r\n";
const length = `Content-Length: ${good.length}\r\n`;
const chunked = `${line}Transfer-Encoding: chunked\r\n\r\n`;
const chunk = `${good.length.toString(16)}\r\n${good}\r\n`;

/** Writes once, then continues for as long as it is read. */
function pour(start: string, rest: string | Buffer): Misbehaviour {
  return ({ socket }) => {
    const more = (): void => {
      while (!socket.destroyed && socket.write(rest));
    };
    socket.on("drain", more).on("error", () => {});
    socket.write(start);
    more();
  };
}

/** Writes all and leaves the connection open. */
const bytes =
  (...parts: readonly (string | Buffer)[]): Misbehaviour =>
  ({ socket }) => {
    for (const part of parts) socket.write(part);
  };

const sizeOf = (body: Buffer): string => `Content-Length: ${body.length}\r\n\r\n`;
const packed = (pack: (data: Buffer) => Buffer): Buffer => pack(Buffer.alloc(64 * 1024 * 1024, "O"));

describe("read as far as it is plain", () => {
  test.each<[string, Misbehaviour]>([
    ["chunk extensions", bytes(chunked, `${good.length.toString(16)};a="b;c";d\r\n${good}\r\n0;e=f\r\n\r\n`)],
    ["trailers after the last chunk", bytes(chunked, chunk, "0\r\nX-Sum: 1\r\n\r\n")],
    ["no reason in the status line", bytes("HTTP/1.1 200\r\n", length, "\r\n", good)],
    ["HTTP/1.0 without a length, until the end", ({ socket }) => socket.end(`HTTP/1.0 200 OK\r\n\r\n${good}`)],
    ["interim answers before it", bytes("HTTP/1.1 103 Early Hints\r\n\r\n".repeat(200), line, length, "\r\n", good)],
    ["100 Continue before it", bytes("HTTP/1.1 100 Continue\r\n\r\n", line, length, "\r\n", good)],
    [
      "gzip that nobody asked for",
      bytes(line, "Content-Encoding: gzip\r\nConnection: close\r\n", sizeOf(gzipSync(good)), gzipSync(good)),
    ],
    ["something more behind it", bytes(line, length, "\r\n", good, "HTTP/1.1 500 No\r\n\r\n garbage \0\x01")],
  ])("0 linked: %s", async (_, misbehave) => {
    endpoint.configure(patient);
    gears.answerAlways("link_user", misbehave);
    expect((await run()).document.outcome).toBe("linked");
    expect(gears.callsOf("link_user").length).toBe(1);
  });
});

describe("not taken for an answer", () => {
  test.each<[string, Misbehaviour]>([
    ["contradictory lengths", bytes(line, length, "Content-Length: 5\r\n\r\n", good)],
    ["a negative length", bytes(line, "Content-Length: -1\r\n\r\n", good)],
    ["a length that no number holds", bytes(line, `Content-Length: ${"9".repeat(40)}\r\n\r\n`, good)],
    ["a length with a sign", bytes(line, `Content-Length: +${good.length}\r\n\r\n`, good)],
    ["a length and chunks", bytes(line, length, "Transfer-Encoding: chunked\r\n\r\n", chunk, "0\r\n\r\n")],
    ["a chunk that no number holds", bytes(chunked, "fffffffffffffffff\r\n", good)],
    ["a chunk size without end", pour(chunked, "0".repeat(65_536))],
    ["a chunk extension without end", pour(`${chunked}5;`, "x".repeat(65_536))],
    ["trailers without end", pour(`${chunked}${chunk}0\r\n`, "X-More: 1\r\n".repeat(1000))],
    ["a chunk whose end is missing", bytes(chunked, `${good.length.toString(16)}\r\n${good}XX0\r\n\r\n`)],
    ["NUL in a header", bytes(line, "X-Nul: a\0b\r\n", length, "\r\n", good)],
    ["NUL in a header's name", bytes(line, "X\0: a\r\n", length, "\r\n", good)],
    ["a line without a colon", bytes(line, "nonsense\r\n", length, "\r\n", good)],
    ["a space before the colon", bytes(line, `Content-Length : ${good.length}\r\n\r\n`, good)],
    ["a status of two digits", bytes("HTTP/1.1 99 Odd\r\n", length, "\r\n", good)],
    ["a status of four digits", bytes("HTTP/1.1 2000 Odd\r\n", length, "\r\n", good)],
    ["another version of HTTP", bytes("HTTP/3.7 200 OK\r\n", length, "\r\n", good)],
    ["HTTP/2", bytes(Buffer.from("000012040000000000000300000064000400100000000600004000", "hex"))],
    ["no head at all", ({ socket }) => socket.end(good)],
    ["interim answers without end", pour("", `HTTP/1.1 103 Early\r\nLink: ${"x".repeat(4000)}\r\n\r\n`)],
    ["NUL without end", pour("", Buffer.alloc(65_536))],
    [
      "an unpacked bomb in chunks",
      bytes(line, "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n", asChunk(packed(gzipSync))),
    ],
    [
      "a bomb by the transfer itself",
      bytes(line, "Transfer-Encoding: gzip, chunked\r\n\r\n", asChunk(packed(gzipSync))),
    ],
    [
      "another packing",
      bytes(line, "Content-Encoding: deflate, gzip\r\nConnection: close\r\n\r\n", packed(deflateSync)),
    ],
  ])("%s", async (_, misbehave) => {
    gears.answerAlways("link_user", misbehave);
    const { exitCode, document } = await run();
    expect(["unreachable", "protocol"]).toContain(document.outcome);
    expect([69, 76]).toContain(exitCode);
    expect(gears.links.size).toBe(0);
  });
});

test.each<[string, Misbehaviour]>([
  ["empty lines", pour("", "\r\n".repeat(10_000))],
  ["interim answers", pour("", "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(1000))],
])("%s without end are cut long before the time is up", async (_, misbehave) => {
  endpoint.configure(patient);
  gears.answerAlways("link_user", misbehave);
  const { exitCode, document } = await run();
  expect(document).toMatchObject({ outcome: "protocol", error: { code: "answer-too-large" } });
  expect(exitCode).toBe(76);
});

/** Expects only printable lines. */
const printableLines = (text: string): string =>
  text
    .split("\n")
    .map((one) => printable(one, 10_000))
    .join("\n");

function asChunk(data: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${data.length.toString(16)}\r\n`), data, Buffer.from("\r\n0\r\n\r\n")]);
}

test("a folded header line belongs to the one above it, or is ignored", async () => {
  endpoint.configure(patient);
  gears.answerAlways("link_user", bytes(line, "X-Long: a\r\n b\r\n", length, "\r\n", good));
  expect(["linked", "protocol"]).toContain((await run()).document.outcome);
});

describe("an absurd wait is ignored", () => {
  const hour = 3_600_000;
  test.each([
    ["Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT", true],
    ["Retry-After", "86400", true],
    ["X-RateLimit-Reset-Time", "99999999999999", true],
    // Microseconds and milliseconds since the epoch, of the past.
    ["Retry-After", "999999999999999", false],
    ["X-RateLimit-Reset-Time", "253402300799", false],
  ])("%s: %s", async (name, value, isLogged) => {
    endpoint.configure(patient);
    gears.answerAlways("link_user", { status: 429, headers: { [name]: value } });
    const { exitCode, stderr } = await run();
    expect(exitCode).toBe(75);
    expect(stderr.includes("wait-disbelieved")).toBe(isLogged);
    const { stdout } = await endpoint.run(["status", "--json"]);
    const wait = Date.parse(JSON.parse(stdout).nextTry) - (gears.calls.at(-1)?.at ?? Number.NaN);
    // The account's limit counts by the minute, and the device's own pace goes by that.
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThan(hour);
  });

  test.each(["-1", "soon", "1e9", "Infinity", "0x10", "Mon, 99 Foo 2026 08:00:00 GMT", ""])(
    "Retry-After: %j is no time",
    async (value) => {
      gears.answerNext("link_user", { status: 503, headers: { "Retry-After": value } });
      endpoint.configure(patient);
      expect((await run()).document.outcome).toBe("linked");
    },
  );
});

describe("in place of the vendor's client", () => {
  test.each([
    ["64 KiB of spaces", `${" ".repeat(65_000)}!`],
    ["a call that does not end", `a(${")".repeat(99)}${" ".repeat(65_000)}x`],
    ["nested without end", "[".repeat(65_000)],
    ["another person's words", 'linkuser({"code":-99,"description":"\u001b[2J\u202e"})'],
  ])("%s keeps nobody from being linked by the next identifier", async (_, body) => {
    await using client = await listen(answering(reply("200 OK", body)), ca.issue("DNS:eapi.opswatgears.com"));
    endpoint.configure({
      identify: ["opswat", "mac", "hwid"],
      opswatPort: client.port,
      caFile: ca.file,
      ...patient,
    });
    const { document, stderr } = await run();
    expect(document.outcome).toBe("linked");
    expect(document.device?.source).not.toBe("opswat");
    expect(client.connections).toBeGreaterThan(0);
    expect(printableLines(stderr)).toBe(stderr);
  });
});

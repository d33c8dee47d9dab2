import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { expect, test } from "vitest";
import { readUntil } from "../../../agent/network/tunnel/read-socket.ts";

const never = new AbortController().signal;

test("header lines that come byte by byte are each searched once", async () => {
  let searched = 0;
  const end = Object.assign(/\r?\n\r?\n/, {
    exec(text: string) {
      searched += text.length;
      return RegExp.prototype.exec.call(end, text);
    },
  });
  const head = `HTTP/1.1 407 x\r\n${"Proxy-Authenticate: Basic\r\n".repeat(40)}X: y`;
  const bytes = Buffer.from(`${head}\r\n\r\n`);
  const stream = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
  const reading = readUntil(stream as unknown as Socket, end, 16 * 1024, never);
  for (const byte of bytes) {
    stream.push(Uint8Array.of(byte));
    await new Promise(setImmediate);
  }
  expect(await reading).toBe(head);
  expect(searched).toBeLessThan(5 * bytes.length);
});

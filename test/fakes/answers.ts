import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { gzipSync } from "node:zlib";
import type { Reply } from "./gears-api.ts";

/** A request that the server's own rules must not answer. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly socket: Socket;
}

/** An answer that HTTP libraries do not make on purpose. */
export type Misbehaviour = (exchange: Exchange) => void;

/** Answers that a test plans for the fake Gears in place of its rules. */
export type Answer = Reply | Misbehaviour;

/** Takes the request and says nothing, for ever. */
export const silence: Misbehaviour = () => {};

/** Cuts the connection without a word: a TCP reset; under TLS the connection's end. */
export const reset: Misbehaviour = ({ socket }) => {
  if (socket instanceof TLSSocket) socket.destroy();
  else socket.resetAndDestroy();
};

/** A body that starts well, in the documented shape, and never ends. */
export const endlessBody: Misbehaviour = ({ response }) => {
  response.writeHead(200, { "Content-Type": "application/json" });
  response.write('{"result":1,"msg":"');
  const chunk = "O".repeat(65_536);
  const pour = () => {
    while (!response.destroyed && response.write(chunk)) {
      // The socket still takes more.
    }
  };
  response.on("drain", pour);
  pour();
};

/** Headers without end. */
export const endlessHeaders: Misbehaviour = ({ socket }) => {
  socket.write("HTTP/1.1 200 OK\r\n");
  const line = `X-Padding: ${"x".repeat(8_192)}\r\n`;
  const pour = () => {
    while (!socket.destroyed && socket.write(line)) {
      // The socket still takes more.
    }
  };
  socket.on("drain", pour);
  socket.on("error", () => {});
  pour();
};

/** A well-formed answer, one byte at a time: a time-out that starts again at each byte never comes. */
export function oneByteAtATime(reply: Reply, everyMs: number): Misbehaviour {
  return ({ response, socket }) => {
    const body = Buffer.from(reply.body ?? "");
    response.writeHead(reply.status, { ...reply.headers, "Content-Length": String(body.length) });
    response.flushHeaders();
    let sent = 0;
    const timer = setInterval(() => {
      response.write(body.subarray(sent, sent + 1));
      sent += 1;
      if (sent === body.length) {
        clearInterval(timer);
        response.end();
      }
    }, everyMs);
    socket.once("close", () => clearInterval(timer));
  };
}

/** Promises more than it sends, then cuts the connection. */
export const cutShort: Misbehaviour = ({ response, socket }) => {
  response.writeHead(200, { "Content-Type": "application/json", "Content-Length": "4096" });
  response.write('{"result":1,', () => socket.destroy());
};

/** Bytes that are no HTTP at all, or not quite. */
export function raw(bytes: string): Misbehaviour {
  return ({ socket }) => void socket.end(bytes);
}

/** The page of a hotel, an airport or a guest network, in place of the server: the status is 200. */
export const captivePortal: Reply = {
  status: 200,
  headers: { "Content-Type": "text/html; charset=utf-8" },
  body: "<!DOCTYPE html>\n<html><head><title>Welcome</title></head><body>Please accept the terms.</body></html>\n",
};

/** Sends the caller, and the token in its URL, somewhere else. */
export function redirect(location: string, status = 302): Reply {
  return { status, headers: { Location: location } };
}

/** A compressed answer for a client that asked for none. */
export function gzipped({ status, headers, body }: Reply): Reply {
  return { status, headers: { ...headers, "Content-Encoding": "gzip" }, body: gzipSync(body ?? "") };
}

/** A good answer behind a header line of so many bytes. */
export function hugeHeader(reply: Reply, bytes: number): Reply {
  return { ...reply, headers: { ...reply.headers, "X-Padding": "x".repeat(bytes) } };
}

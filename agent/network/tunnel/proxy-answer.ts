import type { Socket } from "node:net";
import { readExactly, readUntil } from "./read-socket.ts";

/** Bytes of a body after which no other request follows on the connection. */
const maxBody = 64 * 1024;

/** A proxy's answer to a request for a tunnel, without its body. */
export interface ProxyAnswer {
  readonly status: number;
  /** The values of `Proxy-Authenticate`. */
  readonly challenges: readonly string[];
  /** The end of the body (RFC 9112 6.3): after so many bytes, as its chunks say, or with the connection. */
  readonly body: number | "chunked" | "close";
}

/** @param head the lines before the body, without the empty one; undefined is returned where it is not HTTP/1 */
export function parseProxyAnswer(head: string): ProxyAnswer | undefined {
  const [, version, status] = /^(?:\r?\n)*HTTP\/1\.(\d) (\d{3})(?!\d)/.exec(head) ?? [];
  if (status === undefined) return undefined;
  const valuesOf = (name: string): readonly string[] =>
    [...head.matchAll(new RegExp(`\\n${name}:[ \\t]*([^\\r\\n]*)`, "gi"))].map(([, value = ""]) => value.trim());
  const connection = valuesOf("(?:proxy-)?connection")
    .join(",")
    .toLowerCase()
    .split(/[\s,]+/);
  const isKept = version === "0" ? connection.includes("keep-alive") : !connection.includes("close");
  return {
    status: Number(status),
    challenges: valuesOf("proxy-authenticate"),
    body: isKept ? bodyOf(valuesOf("transfer-encoding"), valuesOf("content-length")) : "close",
  };
}

function bodyOf(encodings: readonly string[], [length = "", ...others]: readonly string[]): ProxyAnswer["body"] {
  if (encodings.length > 0) return encodings.join().toLowerCase() === "chunked" ? "chunked" : "close";
  return /^\d{1,9}$/.test(length) && others.length === 0 ? Number(length) : "close";
}

/**
 * Reads an answer's body, so that another request can follow.
 * @returns false if none can: then the connection is unusable
 * @throws the signal's reason
 */
export async function skipBody(socket: Socket, { body }: ProxyAnswer, signal: AbortSignal): Promise<boolean> {
  if (body === "close") return false;
  try {
    return body === "chunked" ? await skipChunks(socket, signal) : await skip(socket, body, signal);
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    return false;
  }
}

async function skip(socket: Socket, length: number, signal: AbortSignal): Promise<boolean> {
  if (length > maxBody) return false;
  if (length > 0) await readExactly(socket, length, signal);
  return true;
}

/** RFC 9112 7.1. */
async function skipChunks(socket: Socket, signal: AbortSignal): Promise<boolean> {
  for (let left = maxBody; left > 0; ) {
    const line = await readUntil(socket, /\r?\n/, left, signal);
    const [, digits] = /^([0-9a-f]{1,6})[ \t]*(?:;|$)/i.exec(line ?? "") ?? [];
    if (line === undefined || digits === undefined) return false;
    const size = Number.parseInt(digits, 16);
    if (size === 0) return await skipTrailers(socket, left, signal);
    left -= line.length + size;
    if (!(await skip(socket, left < 0 ? maxBody + 1 : size, signal))) return false;
    if ((await readUntil(socket, /\r?\n/, 2, signal)) !== "") return false;
  }
  return false;
}

async function skipTrailers(socket: Socket, maxBytes: number, signal: AbortSignal): Promise<boolean> {
  for (let left = maxBytes; left > 0; ) {
    const line = await readUntil(socket, /\r?\n/, left, signal);
    if (line === undefined) return false;
    if (line === "") return true;
    left -= line.length;
  }
  return false;
}

import type { Socket } from "node:net";
import { untilAborted } from "../time-limit.ts";

/** Resolves when there is something to read. @throws where the connection ends first: an error with a code */
async function readable(socket: Socket, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const ended = (): void => reject(Object.assign(new Error("ended"), { code: "ECONNRESET" }));
  const events = { readable: resolve, end: ended, close: ended, error: reject } as const;
  for (const [event, listener] of Object.entries(events)) socket.on(event, listener);
  try {
    if (socket.destroyed || socket.readableEnded) ended();
    await untilAborted(promise, signal);
  } finally {
    for (const [event, listener] of Object.entries(events)) socket.off(event, listener);
  }
}

/** Reads so many bytes, and leaves the rest. @throws where the connection ends first */
export async function readExactly(socket: Socket, size: number, signal: AbortSignal): Promise<Buffer> {
  for (;;) {
    const chunk: Buffer | null = socket.read(size);
    if (chunk?.length === size) return chunk;
    // At its end a stream gives the rest, for any requested size.
    await readable(socket, signal);
  }
}

const maxMark = 4;

/**
 * Reads up to a mark, and leaves the rest.
 * @param end the last bytes that are read, at most {@link maxMark}
 * @param maxBytes bytes after which it is given up
 * @returns Latin-1; undefined if so many bytes came without the mark
 * @throws where the connection ends first
 */
export async function readUntil(
  socket: Socket,
  end: RegExp,
  maxBytes: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  let before = "";
  let text = "";
  while (before.length + text.length <= maxBytes) {
    const chunk: Buffer | null = socket.read();
    if (chunk === null) {
      await readable(socket, signal);
      continue;
    }
    // Only the last bytes are searched again: packets may be small and many.
    const searched = Math.max(0, text.length - maxMark);
    before += text.slice(0, searched);
    text = text.slice(searched) + chunk.toString("latin1");
    const found = end.exec(text);
    if (found === null) continue;
    const rest = text.slice(found.index + found[0].length);
    if (rest !== "") socket.unshift(Buffer.from(rest, "latin1"));
    return before + text.slice(0, found.index);
  }
  return undefined;
}

import type { Socket } from "node:net";

const empty = Buffer.alloc(0);

/**
 * Removes interim answers (1xx except 101, RFC 9110 15.2) from a connection's bytes: undici drops a connection after an
 * unexpected `100 Continue`.
 */
export class InterimAnswers {
  /** `start`: at the first byte of a status line; `line`: in it; `interim`: in the head of an interim answer. */
  #state: "start" | "line" | "interim" | "answer" = "start";
  /** The bytes read of a status line that is not classified yet, at most 12. */
  #held = empty;
  /** Line ends in a row, in the head of an interim answer. */
  #ends = 0;
  /** Whether more than empty lines came since the last request: then it arrived. */
  heard = false;

  /** Begins with the answer to the next request. */
  next(): void {
    this.heard = false;
    this.#state = "start";
    this.#held = empty;
  }

  /** The rest of the bytes that were read; maybe none. */
  filter(chunk: Buffer): Buffer {
    let at = 0;
    while (at < chunk.length && this.#state !== "answer") {
      const byte = chunk[at] ?? 0;
      if (this.#state === "interim") {
        if (byte === lineFeed) this.#ends += 1;
        else if (byte !== carriageReturn) this.#ends = 0;
        if (this.#ends === 2) this.#state = "start";
        at += 1;
      } else if (this.#state === "start" && (byte === lineFeed || byte === carriageReturn)) {
        // Empty lines before a status line are ignored (RFC 9112 2.2).
        at += 1;
      } else {
        this.#state = "line";
        this.heard = true;
        this.#held = Buffer.concat([this.#held, chunk.subarray(at, at + 1)]);
        at += 1;
        if (this.#held.length === statusLength) this.#decide();
      }
    }
    if (this.#state !== "answer") return empty;
    const held = this.#held;
    this.#held = empty;
    return Buffer.concat([held, chunk.subarray(at)]);
  }

  #decide(): void {
    const isInterim = /^HTTP\/1\.\d 1(?!01)\d\d$/.test(this.#held.toString("latin1"));
    this.#state = isInterim ? "interim" : "answer";
    if (isInterim) this.#held = empty;
    this.#ends = 0;
  }
}

const lineFeed = 10;
const carriageReturn = 13;
/** Of `HTTP/1.1 100`. */
const statusLength = 12;

/** Makes undici read from a socket without interim answers. @returns an object to notify when a request begins */
export function withoutInterimAnswers(socket: Socket): InterimAnswers {
  const answers = new InterimAnswers();
  const read = socket.read.bind(socket);
  socket.read = (size?: number): Buffer | null => {
    const chunk: Buffer | null = read(size);
    return chunk === null ? null : answers.filter(chunk);
  };
  return answers;
}

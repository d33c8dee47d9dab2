/**
 * Answers for undici's HTTP parser while the snapshot is built: V8 has no WebAssembly there. It reads the one form of
 * response that `train.ts` sends, and drives undici's code as llhttp does. Nothing of it is reached in an executable:
 * `train.ts` has undici forget it.
 */

type OnSpan = (parser: number, at: number, length: number) => number;

/** undici's imports into llhttp (lib/dispatcher/client-h1.js of 8.12.4). */
interface Callbacks {
  readonly wasm_on_message_begin: (parser: number) => number;
  readonly wasm_on_status: OnSpan;
  readonly wasm_on_header_field: OnSpan;
  readonly wasm_on_header_value: OnSpan;
  readonly wasm_on_headers_complete: (parser: number, status: number, upgrade: 0 | 1, keepAlive: 0 | 1) => number;
  readonly wasm_on_body: OnSpan;
  readonly wasm_on_message_complete: (parser: number) => number;
}

class Instance {
  readonly exports: object;

  constructor(_module: unknown, { env }: { readonly env: Callbacks }) {
    const memory = { buffer: new ArrayBuffer(65_536) };
    const nothing = (): number => 0;
    this.exports = {
      memory,
      malloc: nothing,
      free: nothing,
      llhttp_alloc: () => 1,
      llhttp_free: nothing,
      llhttp_resume: nothing,
      llhttp_finish: nothing,
      llhttp_execute: (parser: number, at: number, length: number): number => {
        report(env, parser, at, Buffer.from(memory.buffer, at, length).toString("latin1"));
        return 0;
      },
    };
  }
}

/** @param at where the text begins in the parser's memory */
function report(env: Callbacks, parser: number, at: number, text: string): void {
  const bodyAt = text.indexOf("\r\n\r\n") + 4;
  env.wasm_on_message_begin(parser);
  env.wasm_on_status(parser, at + "HTTP/1.1 200 ".length, "OK".length);
  for (const { index, 1: name = "", 2: value = "" } of text.slice(0, bodyAt).matchAll(/^([\w-]+): (.*)\r$/gm)) {
    env.wasm_on_header_field(parser, at + index, name.length);
    env.wasm_on_header_value(parser, at + index + name.length + 2, value.length);
  }
  env.wasm_on_headers_complete(parser, 200, 0, 1);
  env.wasm_on_body(parser, at + bodyAt, text.length - bodyAt);
  env.wasm_on_message_complete(parser);
}

/** In place of the global `WebAssembly`. */
export const webAssemblyForTraining = { Module: class {}, Instance };

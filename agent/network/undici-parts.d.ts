/**
 * The parts of undici that are used, without its index: that one loads fetch, WebSocket and caches, and costs a start
 * 110 ms. The package has no `exports`, so its files are reachable; its version is pinned.
 */

declare module "undici/lib/dispatcher/client.js" {
  import type { Socket } from "node:net";

  interface ClientOptions {
    readonly connect: (destination: unknown, callback: (error: Error | null, socket?: Socket) => void) => void;
    readonly allowH2: false;
    readonly maxHeaderSize: number;
    /** Milliseconds; 0 for none. */
    readonly headersTimeout: number;
    readonly bodyTimeout: number;
  }
  type ResponseHeaders = Record<string, string | string[] | undefined>;
  interface Controller {
    abort(reason: Error): void;
  }
  interface Handler {
    onRequestStart(controller: Controller): void;
    onResponseStart?(controller: Controller, status: number, headers: ResponseHeaders): void;
    onResponseData?(controller: Controller, chunk: Buffer): void;
    onResponseEnd?(): void;
    onResponseError(controller: Controller | null, error: Error): void;
  }
  // biome-ignore lint/style/noDefaultExport: undici's files are CommonJS
  export default class Client {
    constructor(origin: string, options: ClientOptions);
    dispatch(
      request: { method: string; path: string; headers: Record<string, string>; body?: string | null },
      handler: Handler,
    ): boolean;
    destroy(reason: Error): Promise<void>;
  }
}

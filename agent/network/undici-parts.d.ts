/**
 * The parts of undici that are used, without its index: that one loads fetch, WebSocket and caches, and costs a start
 * 110 ms. The package has no `exports`, so its files are reachable; its version is pinned.
 */

declare module "undici/lib/core/connect.js" {
  import type { Socket } from "node:net";
  import type { SecureContext } from "node:tls";

  export interface Destination {
    /** With the port where it is not the scheme's own. */
    readonly host: string;
    readonly hostname: string;
    readonly protocol: string;
    readonly port: string;
    readonly servername: string | null;
    /** A connected socket over which TLS is to be spoken. */
    readonly httpSocket?: Socket;
  }
  export type ConnectCallback = (error: Error | null, socket?: Socket) => void;
  export type Connect = (destination: Destination, callback: ConnectCallback) => Socket;
  export interface ConnectOptions {
    readonly allowH2: false;
    /** Milliseconds; 0 for none. */
    readonly timeout: number;
    readonly autoSelectFamily: boolean;
    readonly autoSelectFamilyAttemptTimeout: number;
    readonly rejectUnauthorized: true;
    readonly secureContext: SecureContext | undefined;
  }

  // biome-ignore lint/style/noDefaultExport: undici's files are CommonJS
  export default function buildConnector(options: ConnectOptions): Connect;
}

declare module "undici/lib/dispatcher/client.js" {
  import type { Socket } from "node:net";
  import type { ConnectCallback, Destination } from "undici/lib/core/connect.js";

  export interface ClientOptions {
    readonly connect: (destination: Destination, callback: ConnectCallback) => void;
    readonly allowH2: false;
    readonly maxHeaderSize: number;
    /** Milliseconds; 0 for none. */
    readonly headersTimeout: number;
    readonly bodyTimeout: number;
  }
  export type ResponseHeaders = Record<string, string | string[] | undefined>;
  interface Controller {
    abort(reason: Error): void;
  }
  export interface Handler {
    onRequestStart(controller: Controller): void;
    onResponseStart?(controller: Controller, status: number, headers: ResponseHeaders): void;
    onResponseData?(controller: Controller, chunk: Buffer): void;
    onResponseEnd?(): void;
    onRequestUpgrade?(controller: Controller, status: number, headers: ResponseHeaders, socket: Socket): void;
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

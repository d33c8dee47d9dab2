import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Answer } from "./answers.ts";
import {
  type AskedFor,
  createGearsApi,
  type GearsApi,
  type GearsApiOptions,
  type GearsEndpoint,
  type GearsRequest,
  type Reply,
} from "./gears-api.ts";

export interface GearsOptions extends GearsApiOptions {
  /** Serves TLS with this certificate and key (PEM). Default: plain HTTP. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Default: any free one. */
  readonly port?: number;
  /** Milliseconds since the epoch, for limits and tokens. Default: the machine's clock. */
  readonly now?: () => number;
}

/** A request and its answer. */
export interface Call extends AskedFor {
  /** Milliseconds since the epoch, by the fake Gears's clock. */
  readonly at: number;
  /** The answer's HTTP status; undefined if a misbehaviour took the answer's place. */
  readonly status: number | undefined;
}

/** A running fake Gears. */
export interface Gears extends AsyncDisposable {
  /** The agent's `baseUrl`; with TLS the host is `localhost`, otherwise 127.0.0.1. */
  readonly baseUrl: string;
  readonly port: number;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Every secret that it knows or has given out. */
  readonly secrets: readonly string[];
  /** Devices that are linked, by MAC address or HWID. */
  readonly links: GearsApi["links"];
  /** Every request since the start, in the order in which they came. */
  readonly calls: readonly Call[];
  /** The calls of one endpoint. */
  callsOf(endpoint: GearsEndpoint): readonly Call[];
  /**
   * The next so many requests to an endpoint get this answer instead of the one by the rules; they count to no limit.
   */
  answerNext(endpoint: GearsEndpoint, answer: Answer, times?: number): void;
  /** All further requests to an endpoint get this answer, until {@link answerByRules}. */
  answerAlways(endpoint: GearsEndpoint, answer: Answer): void;
  /** Forgets which answers were planned for an endpoint. */
  answerByRules(endpoint: GearsEndpoint): void;
  /** Calls back at each request, before it is answered. */
  onCall(listener: (call: Call) => void): void;
  issueToken(): string;
  expireTokens(): void;
  /** Stops, with all connections cut. */
  close(): Promise<void>;
}

/**
 * Starts a fake Gears on loopback: the documented behaviour with a real limit, tokens that expire and devices
 * that are known or not. Nothing of it is for production: it speaks to one machine and keeps everything in memory.
 */
export async function startGears(options: GearsOptions = {}): Promise<Gears> {
  const api = createGearsApi(options);
  const now = options.now ?? Date.now;
  const calls: Call[] = [];
  const listeners: ((call: Call) => void)[] = [];
  let scripted: { endpoint: GearsEndpoint; answer: Answer; left: number }[] = [];

  function scriptedAnswer(endpoint: GearsEndpoint): Answer | undefined {
    const next = scripted.find((one) => one.endpoint === endpoint && one.left > 0);
    if (next !== undefined) next.left -= 1;
    return next?.answer;
  }

  const serve: RequestListener = async (incoming, response) => {
    const request = await receive(incoming);
    if (request === undefined) return;
    const at = now();
    const asked = api.read(request);
    const answer = scriptedAnswer(asked.endpoint) ?? api.answer(request, at);
    const call: Call = { ...asked, at, status: typeof answer === "function" ? undefined : answer.status };
    calls.push(call);
    for (const listener of listeners) listener(call);
    if (typeof answer === "function") answer({ request: incoming, response, socket: incoming.socket });
    else response.writeHead(answer.status, framed(answer)).end(answer.body);
  };

  // The default limits would end a slow or silent exchange, which a test may want to last.
  const limits = { requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0 };
  const server = options.tls ? createTlsServer({ ...limits, ...options.tls }, serve) : createServer(limits, serve);
  await listen(server, options.port ?? 0);
  const { port } = server.address() as AddressInfo;
  const origin = options.tls ? `https://localhost:${port}` : `http://127.0.0.1:${port}`;

  async function close(): Promise<void> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  }

  return {
    baseUrl: `${origin}${options.basePath ?? ""}`,
    port,
    clientId: api.clientId,
    clientSecret: api.clientSecret,
    secrets: api.secrets,
    links: api.links,
    calls,
    callsOf: (endpoint) => calls.filter((call) => call.endpoint === endpoint),
    answerNext: (endpoint, answer, times = 1) => void scripted.push({ endpoint, answer, left: times }),
    answerAlways: (endpoint, answer) => void scripted.push({ endpoint, answer, left: Number.POSITIVE_INFINITY }),
    answerByRules: (endpoint) => {
      scripted = scripted.filter((one) => one.endpoint !== endpoint);
    },
    onCall: (listener) => void listeners.push(listener),
    issueToken: () => api.issueToken(now()),
    expireTokens: api.expireTokens,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The whole request; undefined if the caller went away while sending it. */
async function receive(incoming: IncomingMessage): Promise<GearsRequest | undefined> {
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    return {
      method: incoming.method ?? "",
      target: incoming.url ?? "",
      headers: incoming.headers,
      body: Buffer.concat(chunks).toString("utf8"),
    };
  } catch {
    return undefined;
  }
}

function framed({ headers, body }: Reply): Record<string, string> {
  return { ...headers, "Content-Length": String(Buffer.byteLength(body ?? "")) };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve();
    });
  });
}

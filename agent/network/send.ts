import { describeDuration } from "../duration.ts";
import { AgentError } from "../errors.ts";
import type { ClientCertificate } from "../settings/client-certificate.ts";
import type { SettingFile } from "../settings/named-file.ts";
import type { ApiRequest, RawResponse, Sender } from "./exchange.ts";
import type { HttpConnection, ObserveTls } from "./http-connection.ts";
import { networkFailure } from "./network-failure.ts";
import type { Way } from "./proxy/address.ts";
import { chooseProxy, type ProxySources } from "./proxy/choice.ts";

/** How requests are sent, and whom TLS trusts. */
export interface SenderOptions {
  /** Milliseconds for one exchange, from name resolution to the last byte. */
  readonly requestTimeout: number;
  /** PEM file of further trusted CA certificates. */
  readonly caFile: SettingFile | undefined;
  /** See {@link chooseProxy}. */
  readonly proxy: ProxySources;
  readonly observeTls?: ObserveTls;
  /**
   * Read at the first connection to the tenant; neither a proxy nor the vendor's client is shown it.
   * @throws AgentError
   */
  readonly clientCertificate?: (() => ClientCertificate) | undefined;
}

/**
 * Sends requests over HTTP/1.1: no redirect is followed, no compression asked for, and bodies, headers and time are
 * bounded. Nothing of the network's code is loaded before the first request.
 */
export function createSender(options: SenderOptions): Sender {
  const connections = new Map<string, HttpConnection>();
  /** By origin, why the system's proxies could not be asked for. */
  const problems = new Map<string, string>();

  async function open(request: ApiRequest, timeLimit: number, signal: AbortSignal): Promise<HttpConnection> {
    if (request.address !== undefined) return await connect(request, onlyDirect, timeLimit, options);
    const { ways, problem } = await unlessAborted(() => chooseProxy(new URL(request.origin), options.proxy), signal);
    if (problem !== undefined) problems.set(request.origin, problem);
    return await connect(request, ways, timeLimit, options);
  }

  function drop(key: string, reason: Error): void {
    connections.get(key)?.destroy(reason);
    connections.delete(key);
  }

  return {
    async send(request, signal) {
      const key = `${request.origin} ${request.address ?? ""}`;
      const timeLimit = Math.min(options.requestTimeout, request.timeLimit ?? options.requestTimeout);
      try {
        if (request.address !== undefined && !connections.has(key)) await knock(request, request.address, timeLimit);
        const connection = connections.get(key) ?? (await open(request, timeLimit, signal));
        connections.set(key, connection);
        return await bounded(connection, request, timeLimit, signal);
      } catch (thrown) {
        const { host } = new URL(request.origin);
        const failure = networkFailure(thrown, host);
        drop(key, new AgentError("interrupted", "The connection was given up."));
        throw failure === undefined ? thrown : withProblem(failure, problems.get(request.origin));
      }
    },
    async close() {
      for (const key of connections.keys()) drop(key, new AgentError("interrupted", "The program ends."));
    },
  };
}

/**
 * Fails where nobody listens at a given address, before anything is loaded for it: TLS with the system's CA store costs
 * about 100 ms, and most machines have no client of the vendor's to ask.
 */
async function knock({ origin }: ApiRequest, address: string, timeLimit: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const { hostname, port } = new URL(origin);
  const socket = process.getBuiltinModule("node:net").connect({ host: address, port: Number(port) }, resolve);
  socket.on("error", reject);
  socket.setTimeout(timeLimit, () => reject(new AgentError("not-connected", `No connection to ${hostname} in time.`)));
  try {
    await promise;
  } finally {
    socket.destroy();
  }
}

/** A host that is not reached directly may be one that only a proxy reaches. */
function withProblem(failure: AgentError, problem: string | undefined): AgentError {
  if (problem === undefined || (failure.code !== "not-connected" && failure.code !== "name-not-resolved"))
    return failure;
  return new AgentError(failure.code, `${failure.message} No proxy was used: ${problem}`, { cause: failure });
}

async function connect(
  { origin, address }: ApiRequest,
  ways: readonly Way[],
  timeLimit: number,
  options: SenderOptions,
): Promise<HttpConnection> {
  const [{ createConnection }, { trustedContext }] = await Promise.all([
    import("./http-connection.ts"),
    import("./tls/trusted-ca.ts"),
  ]);
  const overTls = [origin, ...ways.map((way) => (way === "direct" ? "" : way.origin))].some(isHttps);
  const secureContext = overTls ? trustedContext(options.caFile) : undefined;
  const wayLimit = timeLimit / ways.length;
  const certificate = address === undefined && isHttps(origin) ? options.clientCertificate?.() : undefined;
  const ownContext = certificate && trustedContext(options.caFile, certificate);
  const { observeTls } = options;
  return createConnection({ origin, address, ways, wayLimit, secureContext, ownContext, observeTls });
}

const onlyDirect: readonly Way[] = ["direct"];
const isHttps = (origin: string): boolean => origin.startsWith("https:");

/** One exchange, ended by the first of its answer, its time limit and the caller's abort. */
async function bounded(
  connection: HttpConnection,
  request: ApiRequest,
  timeLimit: number,
  signal: AbortSignal,
): Promise<RawResponse> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(tooSlow(connection, request, timeLimit)), timeLimit);
  try {
    return await unlessAborted(() => Promise.race([promise, connection.exchange(request)]), signal);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Does work unless the caller aborts: then this fails at once with the signal's reason, and what was begun goes on
 * unheard.
 */
async function unlessAborted<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const interrupt = () =>
    reject(
      signal.reason instanceof AgentError
        ? signal.reason
        : new AgentError("interrupted", "The run was ended before an answer came."),
    );
  if (signal.aborted) interrupt();
  signal.addEventListener("abort", interrupt, { once: true });
  try {
    return await Promise.race([promise, ...(signal.aborted ? [] : [work()])]);
  } finally {
    signal.removeEventListener("abort", interrupt);
  }
}

function tooSlow({ stage }: HttpConnection, { origin }: ApiRequest, timeLimit: number): AgentError {
  const { host } = new URL(origin);
  const within = timeLimit < 1000 ? `${timeLimit} ms` : describeDuration(timeLimit);
  if (stage === "connecting") {
    return new AgentError(
      "not-connected",
      `No connection to ${host} within ${within}. Check the network, a firewall between, and whether a proxy is needed.`,
    );
  }
  const what = stage === "waiting" ? "did not answer" : "began an answer and did not end it";
  return new AgentError("no-answer", `${host} ${what} within ${within}.`);
}

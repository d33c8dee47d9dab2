import type { X509Certificate } from "node:crypto";
import type { Socket } from "node:net";
import type { ConnectionOptions, DetailedPeerCertificate, SecureContext, TLSSocket } from "node:tls";
import { AgentError, type ErrorCode } from "../errors.ts";
import { addressesOf, type HostAddress, type LookUp } from "./look-up.ts";
import { type FailureContext, networkFailure, type Party } from "./network-failure.ts";
import { untilAborted } from "./time-limit.ts";
import { readShown } from "./tls/certificate-chain.ts";

/** Called with each TLS connection at the end of its handshake, before its certificate is judged. */
export type ObserveTls = (host: string, socket: TLSSocket) => void;

/** Options of TLS with a party. */
export interface Tls {
  /** The name that the certificate must have, without brackets. */
  readonly name: string;
  /** Made when it is first asked for. @throws AgentError */
  readonly context: () => SecureContext;
  readonly observe: ObserveTls | undefined;
}

/** Where a connection leads. */
export interface Destination {
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
  readonly party: Party;
  /** Undefined to speak in the clear. */
  readonly tls: Tls | undefined;
}

/** Milliseconds after which the next address is tried in parallel: longer than a satellite link takes. */
const addressHeadStart = 1000;
const maxAddresses = 8;

/**
 * Connects to a host up to the end of the TLS handshake. If one of several addresses fails or takes long, the next is
 * tried; the first that succeeds is used (RFC 8305).
 * @throws AgentError by where it failed, or the signal's reason
 */
export async function dial(to: Destination, lookUp: LookUp, signal: AbortSignal): Promise<Socket> {
  const addresses = await addressesOf(to.host, lookUp, to.party, signal);
  const over = new AbortController();
  try {
    return await firstThrough(addresses.slice(0, maxAddresses), (address) =>
      reach(address, to, AbortSignal.any([signal, over.signal])),
    );
  } finally {
    over.abort(new AgentError("interrupted", "Another address came through first."));
  }
}

/** Failures of one address after which the next one may work. A party's own refusal is final: it may be meant. */
const passing: readonly ErrorCode[] = ["not-connected", "connection-lost"];

/** @param attempt fails and leaves nothing open after another one has succeeded */
function firstThrough(
  addresses: readonly HostAddress[],
  attempt: (address: HostAddress) => Promise<Socket>,
): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const left = [...addresses];
  const failures: AgentError[] = [];
  let running = 0;
  let won: Socket | undefined;
  let timer: NodeJS.Timeout | undefined;

  const through = (socket: Socket): void => {
    clearTimeout(timer);
    won ??= socket;
    if (won !== socket) socket.destroy();
    resolve(won);
  };
  const failed = (thrown: unknown): void => {
    running -= 1;
    const isPassing = thrown instanceof AgentError && passing.includes(thrown.code);
    if (isPassing) failures.push(thrown);
    if (isPassing && left.length > 0) begin();
    if (isPassing && running > 0) return;
    clearTimeout(timer);
    reject(isPassing ? furthest(failures) : thrown);
  };
  const begin = (): void => {
    clearTimeout(timer);
    const address = left.shift();
    if (address === undefined) return;
    running += 1;
    if (left.length > 0) timer = setTimeout(begin, addressHeadStart);
    attempt(address).then(through, failed);
  };
  begin();
  return promise;
}

/** The most informative failure of several addresses. */
function furthest(failures: readonly AgentError[]): AgentError | undefined {
  return failures.find(({ place }) => place?.stage === "handshake") ?? failures.at(-1);
}

async function reach({ address }: HostAddress, to: Destination, signal: AbortSignal): Promise<Socket> {
  // Not imported: a bundle would load it at every start.
  const socket = process.getBuiltinModule("node:net").connect({ host: address, port: to.port, noDelay: true });
  await settled(socket, "connect", { ...to.party, stage: "connection" }, signal);
  return to.tls === undefined ? socket : await startTls(socket, to.tls, to.party, signal);
}

/**
 * Performs the TLS handshake on a connection, and checks the certificate.
 * @throws AgentError by where it failed, or the signal's reason; the connection is gone then
 */
export async function startTls(
  over: Socket,
  { name, context: secureContext, observe }: Tls,
  party: Party,
  signal: AbortSignal,
): Promise<TLSSocket> {
  const { isIP } = process.getBuiltinModule("node:net");
  const options: ConnectionOptions = {
    socket: over,
    // The name that is checked; it is sent unless it is an address (RFC 6066 3).
    host: name,
    ...(isIP(name) === 0 && { servername: name }),
    ALPNProtocols: ["http/1.1"],
    rejectUnauthorized: true,
    secureContext: secureContext(),
  };
  const socket = process.getBuiltinModule("node:tls").connect(options);
  let certificate: X509Certificate | undefined;
  const look = (): void => {
    certificate ??= socket.getPeerX509Certificate();
  };
  // Node's own (26.10) crashes on keys of curves without a NIST name, such as brainpoolP256r1, anywhere in the chain. It
  // is called to check the name.
  socket.getPeerCertificate = () => certifiedNames(certificate);
  // Node itself handles this event: it checks the certificate and drops the connection.
  socket.prependOnceListener("secure", () => {
    look();
    observe?.(name, socket);
  });
  // Before TLS 1.3 the other side may refuse in the middle of a handshake, after it has shown its certificate.
  socket.prependOnceListener("error", look);
  const context = (): FailureContext => ({
    ...party,
    stage: "handshake",
    shown: certificate && readShown(certificate),
  });
  await settled(socket, "secureConnect", context, signal);
  return socket;
}

/** The part of a certificate that Node's `tls.checkServerIdentity` reads. */
function certifiedNames(certificate: X509Certificate | undefined): DetailedPeerCertificate {
  const { subject = "", subjectAltName } = certificate ?? {};
  const commonNames = subject.split("\n").flatMap((line) => /^CN=(.*)/.exec(line)?.[1] ?? []);
  return { subject: { CN: commonNames }, subjectaltname: subjectAltName } as unknown as DetailedPeerCertificate;
}

/** Waits for a socket's first event, or for a failure, which destroys it. */
async function settled(
  socket: Socket,
  event: "connect" | "secureConnect",
  context: FailureContext | (() => FailureContext),
  signal: AbortSignal,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const closed = (): void => reject(Object.assign(new Error("closed"), { code: "ECONNRESET" }));
  // The `error` listener stays: without it a later error would end the process; users of the socket see the failure by
  // other events.
  socket.once(event, resolve).once("close", closed).on("error", reject);
  try {
    await untilAborted(promise, signal);
  } catch (cause) {
    socket.destroy();
    throw networkFailure(cause, typeof context === "function" ? context() : context);
  } finally {
    socket.off("close", closed);
  }
}

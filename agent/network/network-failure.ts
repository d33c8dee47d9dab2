import { AgentError, type ErrorCode, type Place, systemErrorCode } from "../errors.ts";
import { describeLimit, TimeLimitReached } from "./time-limit.ts";
import type { ShownCertificate } from "./tls/certificate-chain.ts";
import { handshakeFault } from "./tls/handshake-fault.ts";

/** The peer of one or more stages of a request. */
export interface Party extends Omit<Place, "stage"> {
  /** The party's name: `gears.opswat.com`, `proxy.example.com:3128`. */
  readonly host: string;
  /** The proxy on the way to the tenant, if there is one. */
  readonly via?: string | undefined;
  /** At the stages of a proxy, what it is to reach: `gears.opswat.com:443`. */
  readonly target?: string;
  /** The party's certificate, from the stage `handshake` on. */
  readonly shown?: ShownCertificate | undefined;
}

/** The stage and the party of a failure; they decide the code and the message. */
export type FailureContext = Party & Place;

/** The other party, for messages. */
export const partyOf = ({ party, host, via }: Party): string =>
  party === "proxy" ? `the proxy ${host}` : via === undefined ? host : `${host} (through the proxy ${via})`;

/**
 * Classifies a failure by its place: it has an outcome for any library's code. An aborted request fails with the
 * signal's reason.
 * @param cause what a socket, TLS, the resolver or undici reported, or the reason of a signal; a defect of this program
 * must not come here
 */
export function networkFailure(cause: unknown, context: FailureContext): AgentError {
  if (cause instanceof AgentError) return cause;
  if (cause instanceof DOMException) return new AgentError("interrupted", "The run ended before an answer arrived.");
  const [code, message] =
    cause instanceof TimeLimitReached
      ? late(describeLimit(cause), context)
      : failed(cause, systemErrorCode(cause), context);
  return new AgentError(code, message, { cause, place: { stage: context.stage, party: context.party } });
}

/** Whether other roots could make a refused certificate trusted: by a code of X509_verify_cert, not of TLS or Node. */
export function isUntrustedChain(thrown: unknown): boolean {
  if (!(thrown instanceof AgentError) || thrown.code !== "tls-untrusted") return false;
  return !systemErrorCode(thrown.cause)?.startsWith("ERR_");
}

type Verdict = readonly [ErrorCode, string];

/** The next step if a party can't be reached. */
function whereToLook({ party }: Party): string {
  return party === "proxy"
    ? "Check its address, and whether this network has that proxy; linkuser-agent doctor --proxy none shows whether the tenant can be reached without it."
    : "Check the network and its firewalls, and whether a proxy is needed.";
}

/** Starts a sentence: a host's name keeps its case. */
const capital = (peer: string): string => peer.replace(/^the /, "The ");

function late(within: string, context: FailureContext): Verdict {
  const peer = partyOf(context);
  switch (context.stage) {
    case "name":
      return ["name-not-resolved", `The DNS lookup of ${peer} got no answer ${within}. ${nameServers(context)}`];
    case "connection":
      return ["not-connected", `No connection to ${peer} ${within}. ${whereToLook(context)}`];
    case "proxy log-on":
    case "tunnel":
      return [
        "not-connected",
        `${capital(peer)} accepted the connection, but did not open a tunnel to ${context.target} ${within}. ${whereToLook(context)}`,
      ];
    case "handshake":
      return [
        "not-connected",
        `${capital(peer)} accepted the connection, but did not complete the TLS handshake ${within}. ${
          context.via === undefined
            ? whereToLook(context)
            : `The proxy ${context.via} opened a tunnel to it: check there, or whether linkuser-agent doctor --proxy none gets through without it.`
        }`,
      ];
    case "log-on":
      return [
        "not-connected",
        `This machine got no Kerberos ticket for ${peer} ${within}. Check that it can reach a KDC of its domain.`,
      ];
    case "request":
      return ["no-answer", `${capital(peer)} did not answer ${within}.`];
    case "answer":
      return ["no-answer", `${capital(peer)} began an answer but did not complete it ${within}.`];
  }
}

const nameServers = ({ party }: Party): string =>
  party === "proxy"
    ? "Check the proxy's name, this machine's DNS servers, and whether this network has that proxy."
    : "Check the name and this machine's DNS servers.";

/** Codes of a connection that ended; also those of undici without a cause. */
const isLost = (code: string | undefined, cause: unknown): boolean =>
  /^(?:ECONN|EPIPE$|ENET|EHOST|ETIMEDOUT$|ENOTCONN$|UND_ERR_SOCKET$)/.test(code ?? "") ||
  (cause instanceof Error && "syscall" in cause);

/** Words for the codes of sockets and resolvers, in front of the code, for people who search for it. */
const codeWords: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset",
  EHOSTUNREACH: "no route to the host",
  ENETUNREACH: "no route to the network",
  ETIMEDOUT: "no answer",
  EPIPE: "connection closed",
  UND_ERR_SOCKET: "connection closed",
  ENOTFOUND: "unknown name",
  EAI_AGAIN: "the name servers don't answer",
};

function describeCode(code = "no code"): string {
  const words = codeWords[code];
  return words === undefined ? code : `${words}, ${code}`;
}

function failed(cause: unknown, code: string | undefined, context: FailureContext): Verdict {
  const peer = partyOf(context);
  const shown = describeCode(code);
  switch (context.stage) {
    case "name":
      return ["name-not-resolved", `The name of ${peer} could not be resolved (${shown}). ${nameServers(context)}`];
    case "connection":
      return ["not-connected", `No connection to ${peer} (${shown}). ${whereToLook(context)}`];
    case "handshake":
      return isLost(code, cause)
        ? [
            "connection-lost",
            `${capital(peer)} broke the connection during the TLS handshake (${shown}). A firewall between may have cut it.`,
          ]
        : ["tls-untrusted", handshakeFault(cause, peer, context.shown, Date.now())];
    case "proxy log-on":
    case "tunnel":
      return isLost(code, cause)
        ? [
            "connection-lost",
            `${capital(peer)} broke the connection when it was asked for a tunnel to ${context.target} (${shown}). ${whereToLook(context)}`,
          ]
        : ["unexpected-answer", `${capital(peer)} does not speak its protocol properly. Check the proxy's address.`];
    case "log-on":
    case "request":
    case "answer":
      return answerFailed(cause, code ?? "no code", context);
  }
}

function answerFailed(cause: unknown, code: string, context: FailureContext): Verdict {
  const peer = capital(partyOf(context));
  // In TLS 1.3 a client's certificate is refused after the handshake.
  if (/_ALERT_(?:.*CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED|HANDSHAKE_FAILURE)/.test(code)) {
    return ["tls-untrusted", handshakeFault(cause, partyOf(context), context.shown, Date.now())];
  }
  if (code === "UND_ERR_HEADERS_OVERFLOW") {
    return ["answer-too-large", `${peer} sent more than the API ever does. A proxy may answer in its place.`];
  }
  // undici's parser gives some of its errors no code.
  if (cause instanceof Error && cause.name === "HTTPParserError") {
    return [
      "unexpected-answer",
      `${peer} does not speak HTTP properly. Another service or a proxy may answer in its place.`,
    ];
  }
  return [
    "connection-lost",
    `${peer} broke the connection before its answer was complete (${describeCode(code)}). A firewall between may have cut it.`,
  ];
}

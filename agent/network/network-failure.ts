import { AgentError, type ErrorCode, systemErrorCode } from "../errors.ts";
import { certificateFault } from "./tls/certificate-fault.ts";

/**
 * Says what a failure of the network means. Undefined for anything that no network can cause: that is a defect.
 * @param peer who was talked to, for the message: `gears.opswat.com`, `the proxy proxy.example.com:3128`
 */
export function networkFailure(cause: unknown, peer: string): AgentError | undefined {
  if (cause instanceof AgentError) return cause;
  const code = systemErrorCode(cause) ?? "";
  const error = (agentCode: ErrorCode, message: string) => new AgentError(agentCode, message, { cause });
  const certificate = certificateFault(code, peer, undefined, Date.now());
  if (certificate !== undefined) return error("tls-untrusted", certificate);
  if (/^ERR_SSL_.*_ALERT_(?:.*CERTIFICATE|UNKNOWN_CA|HANDSHAKE_FAILURE)/.test(code)) {
    return error(
      "tls-untrusted",
      `${peer} refuses this device over TLS (${code}). It may want a certificate, or another one. Check clientCertFile and clientKeyFile.`,
    );
  }
  if (/^(?:CERT_|CRL_|ERR_SSL_|ERR_TLS_)|_CERT|_CA$|^INVALID_PURPOSE$|^EPROTO$/.test(code)) {
    return error(
      "tls-untrusted",
      `${peer} can't be spoken to over TLS (${code}). Another service or a proxy may answer at this port.`,
    );
  }
  // undici's parser gives some of its errors no code.
  if (cause instanceof Error && cause.name === "HTTPParserError") {
    return error("unexpected-answer", `${peer} does not speak HTTP properly. Another service or a proxy may answer.`);
  }
  const agentCode = causes[code] ?? bySystemCall(cause);
  return agentCode === undefined ? undefined : error(agentCode, texts[agentCode](peer, code));
}

/** Failures without a system call in them, and those where it would mislead. */
const causes: Readonly<Record<string, keyof typeof texts>> = {
  ECONNRESET: "connection-lost",
  ECONNABORTED: "connection-lost",
  EPIPE: "connection-lost",
  UND_ERR_SOCKET: "connection-lost",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "connection-lost",
  ETIMEDOUT: "not-connected",
  ECONNREFUSED: "not-connected",
  UND_ERR_CONNECT_TIMEOUT: "not-connected",
  UND_ERR_HEADERS_OVERFLOW: "answer-too-large",
};

const texts = {
  "name-not-resolved": (peer: string, code: string) =>
    `The name ${peer} could not be resolved (${code}). Check the name and this machine's DNS servers.`,
  "not-connected": (peer: string, code: string) =>
    `No connection to ${peer} (${code}). Check the network, a firewall between, and whether a proxy is needed.`,
  "connection-lost": (peer: string, code: string) =>
    `${peer} broke the connection before its answer was complete (${code}). A firewall between may have cut it.`,
  "answer-too-large": (peer: string) => `${peer} sent more than the API ever does. A proxy may answer in its place.`,
} as const;

/** Node names the system call that failed in `syscall`. */
function bySystemCall(cause: unknown): keyof typeof texts | undefined {
  const call = cause instanceof Error && "syscall" in cause ? cause.syscall : undefined;
  switch (call) {
    case "getaddrinfo":
      return "name-not-resolved";
    case "connect":
      return "not-connected";
    case "read":
    case "write":
    case "shutdown":
      return "connection-lost";
    default:
      return undefined;
  }
}

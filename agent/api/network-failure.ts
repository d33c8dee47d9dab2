import { AgentError, type ErrorCode, systemErrorCode } from "../errors.ts";

/**
 * Says what a failure of the network means. Undefined for anything that no network can cause: that is a defect.
 * @param peer who was talked to, for the message: `gears.opswat.com`, `the proxy proxy.example.com:3128`
 */
export function networkFailure(cause: unknown, peer: string): AgentError | undefined {
  if (cause instanceof AgentError) return cause;
  const code = systemErrorCode(cause) ?? "";
  const error = (agentCode: ErrorCode, message: string) => new AgentError(agentCode, message, { cause });
  const certificate = certificateFaults[code];
  if (certificate !== undefined) return error("tls-untrusted", `${peer} ${certificate} (${code}).`);
  if (/^ERR_SSL_.*_ALERT_(?:.*CERTIFICATE|UNKNOWN_CA)/.test(code)) {
    return error(
      "tls-untrusted",
      `${peer} does not accept this device's certificate, or wants one (${code}). Check clientCertFile and clientKeyFile.`,
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

const unknownIssuer =
  "shows a certificate from an issuer that is not trusted here. Where a proxy inspects TLS, add its CA to the system's store or name it in caFile; otherwise the server leaves out an intermediate certificate";
const selfMade =
  "shows a certificate that its maker signed without a trusted CA. Where a proxy inspects TLS, add its CA to the system's store or name it in caFile";

/** Codes of OpenSSL's X509_verify_cert, and Node's own for a wrong name. */
const certificateFaults: Readonly<Record<string, string>> = {
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownIssuer,
  UNABLE_TO_GET_ISSUER_CERT: unknownIssuer,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownIssuer,
  SELF_SIGNED_CERT_IN_CHAIN: selfMade,
  DEPTH_ZERO_SELF_SIGNED_CERT: selfMade,
  CERT_HAS_EXPIRED: "shows a certificate that has expired. Check this machine's clock first, then the server",
  CERT_NOT_YET_VALID: "shows a certificate that is not valid yet. Check this machine's clock",
  ERR_TLS_CERT_ALTNAME_INVALID:
    "shows a certificate for another name. A captive portal or a proxy may answer in its place; otherwise check the address in the settings",
};

import type { FailureOutcome } from "./exit-codes.ts";

/** The stable `error.code` of the JSON output, each with its outcome. */
export const outcomeByCode = {
  "unknown-command": "usage",
  "unknown-flag": "usage",
  "invalid-value": "usage",
  "not-permitted": "usage",

  "setting-unknown": "config-invalid",
  "setting-invalid": "config-invalid",
  "settings-unreadable": "config-invalid",
  "settings-exposed": "config-invalid",
  "settings-hidden": "config-invalid",
  "state-unusable": "config-invalid",
  "install-failed": "config-invalid",

  "credentials-missing": "credentials",
  "credentials-unreadable": "credentials",
  "credentials-exposed": "credentials",
  "credentials-invalid": "credentials",
  "credentials-refused": "credentials",
  "token-refused": "credentials",

  "no-user": "no-user",
  "no-identifier": "device-unknown",
  "device-not-found": "device-unknown",
  "request-refused": "request-rejected",

  "identity-unreadable": "unreachable",
  "name-not-resolved": "unreachable",
  "not-connected": "unreachable",
  "proxy-refused": "unreachable",
  "connection-lost": "unreachable",
  "no-answer": "unreachable",
  "server-error": "unreachable",

  "too-many-requests": "rate-limited",
  "not-due": "waiting",
  "already-waiting": "waiting",

  "tls-untrusted": "protocol",
  intercepted: "protocol",
  redirected: "protocol",
  "not-json": "protocol",
  "unexpected-answer": "protocol",
  "answer-too-large": "protocol",

  interrupted: "unreachable",
  "state-busy": "unreachable",
  internal: "internal",
} as const satisfies Record<string, FailureOutcome>;

/** The stable `error.code` of the JSON output. CONTRACT. */
export type ErrorCode = keyof typeof outcomeByCode;

export interface Place {
  /** `proxy log-on`: the proxy got a user name and password, or an account; `log-on`: this machine's account, to the tenant. */
  readonly stage: "name" | "connection" | "proxy log-on" | "tunnel" | "handshake" | "log-on" | "request" | "answer";
  readonly party: "proxy" | "tenant";
}

/**
 * The only error that this program throws on purpose. `message` is for people: what happened, where, and what to do
 * next. It never contains a secret.
 */
export class AgentError extends Error {
  readonly code: ErrorCode;
  /** The command that fixes it, where one does. */
  readonly remedy: string | undefined;
  /** `message` without the remedy, at its end. */
  readonly finding: string;
  readonly place: Place | undefined;

  constructor(
    code: ErrorCode,
    finding: string,
    options: { cause?: unknown; remedy?: string | undefined; place?: Place | undefined } = {},
  ) {
    const { remedy, place } = options;
    super(remedy === undefined ? finding : `${finding} Run ${remedy}`, options);
    this.name = "AgentError";
    this.code = code;
    this.remedy = remedy;
    this.finding = finding;
    this.place = place;
  }

  get outcome(): FailureOutcome {
    return outcomeByCode[this.code];
  }
}

/** Any other error is a defect of this program; its text may hold anything, so it is kept only as the cause. */
export function asAgentError(thrown: unknown): AgentError {
  if (thrown instanceof AgentError) return thrown;
  return new AgentError("internal", "A defect in linkuser-agent; please report it with the log file.", {
    cause: thrown,
  });
}

/** The place of a defect: the stack of the first cause without its message, which may hold a secret. */
export function framesOf(error: AgentError): string | undefined {
  if (error.code !== "internal" || !(error.cause instanceof Error)) return undefined;
  const frames = error.cause.stack?.split("\n").filter((line) => /^\s+at /.test(line)) ?? [];
  return [error.cause.name, ...frames.map((frame) => frame.trim())].join(" | ");
}

/** `ENOENT`, `ECONNREFUSED`, …: the code of an operating system error, or undefined. */
export function systemErrorCode(thrown: unknown): string | undefined {
  if (thrown instanceof Error && "code" in thrown && typeof thrown.code === "string") return thrown.code;
  return undefined;
}

export const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

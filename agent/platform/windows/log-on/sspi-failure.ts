import { AgentError, type ErrorCode } from "../../../errors.ts";
import type { LogOnPeer } from "../../../network/log-on/system-log-on.ts";
import { WindowsError } from "../native/windows-error.ts";
import { sspiStatus } from "./sspi-tables.ts";

/** The error for a status of SSPI: Windows' meaning, and the next step for administrators. */
export function sspiFailure(call: string, status: number, peer: LogOnPeer): AgentError {
  const [name] = Object.entries(sspiStatus).find(([, value]) => value === status) ?? [];
  const number = `0x${status.toString(16)}`;
  const why = (name && reasons[name as keyof typeof reasons]?.(peer)) ?? `${call} failed`;
  const code = name === undefined ? number : `${name}, ${number}`;
  const [what, ...remedy] = why.split(". ");
  const message = [`Windows can't log on to HTTP/${peer.host} by ${peer.scheme}: ${what} (${code})`, ...remedy];
  return new AgentError(codes[name ?? ""] ?? "credentials-refused", `${message.join(". ")}.`, {
    cause: new WindowsError(call, status),
  });
}

const codes: Readonly<Record<string, ErrorCode>> = {
  SEC_E_NO_CREDENTIALS: "credentials-missing",
  SEC_E_NO_AUTHENTICATING_AUTHORITY: "not-connected",
};

const clock = "w32tm /query /status";

/** By status: its meaning; then, as a separate sentence, the next step. */
const reasons: Partial<Record<keyof typeof sspiStatus, (peer: LogOnPeer) => string>> = {
  SEC_E_TARGET_UNKNOWN: unknownTarget,
  SEC_E_WRONG_PRINCIPAL: unknownTarget,
  SEC_E_NO_CREDENTIALS: () =>
    "this account has no credentials. A computer's account needs a domain: check it with Test-ComputerSecureChannel; a user must be a domain user",
  SEC_E_NO_AUTHENTICATING_AUTHORITY: () =>
    "no domain controller answered. Check that one can be reached: nltest /dsgetdc:",
  SEC_E_TIME_SKEW: () => `the clocks of this computer and of the domain differ. Check this computer's clock: ${clock}`,
  SEC_E_LOGON_DENIED: () => "the account was refused. Check that it is enabled and allowed there",
  SEC_E_INVALID_TOKEN: ({ host }) => `${host} sent a token that Windows does not accept`,
  SEC_E_BAD_BINDINGS: ({ host }) => `${host} expects another TLS certificate than the one that it sent`,
  SEC_E_MUTUAL_AUTH_FAILED: ({ host }) => `${host} did not prove itself`,
};

function unknownTarget({ host }: LogOnPeer): string {
  return `the domain does not know this name. Register it for the account that the service runs as: setspn -S HTTP/${host} ACCOUNT`;
}

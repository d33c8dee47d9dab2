import { AgentError, type ErrorCode, messageOf } from "./errors.ts";

/**
 * The result of a look-up. Only `absent` (looked, and there is none) lets the next source be tried; `failed` (could not
 * look) is shown to the administrator and, where a wrong answer could follow, stops the run. `origin` names where it
 * was looked for, as a person would: `/sys/class/net`, `registry MachineGuid`.
 */
export type Reading<T> =
  | { readonly kind: "found"; readonly value: T; readonly origin: string }
  | { readonly kind: "absent"; readonly origin: string; readonly reason: string }
  | { readonly kind: "failed"; readonly origin: string; readonly error: AgentError };

export const found = <T>(value: T, origin: string): Reading<T> => ({ kind: "found", value, origin });

/** @param reason completes "none, because …": `"not in this file"`, `"all zeros, a placeholder"` */
export const absent = (origin: string, reason: string): Reading<never> => ({ kind: "absent", origin, reason });

/** Why the value could not be read; it stops the run if a wrong value could follow. */
export const failed = (origin: string, error: AgentError): Reading<never> => ({ kind: "failed", origin, error });

/** {@link failed} by what was thrown: an AgentError says itself what went wrong, anything else gets code and message. */
export function failedBy(origin: string, cause: unknown, code: ErrorCode, message: string): Reading<never> {
  return failed(origin, cause instanceof AgentError ? cause : new AgentError(code, message, { cause }));
}

/**
 * A reading that an identity is made from: what is thrown on the way is `failed`.
 * @param what begins the message for anything but an AgentError: `"Users can't be looked up"`
 */
export async function identityReading<T>(
  origin: string,
  what: string,
  read: () => Promise<Reading<T>>,
): Promise<Reading<T>> {
  try {
    return await read();
  } catch (cause) {
    return failedBy(origin, cause, "identity-unreadable", `${what}: ${messageOf(cause)}.`);
  }
}

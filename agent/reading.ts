import { AgentError, type ErrorCode, messageOf } from "./errors.ts";

/**
 * The result of a look-up. Only after `absent` (looked, and there is none) is the next source tried; `failed` (could
 * not look) is shown to the administrator and stops the run if a wrong answer could follow. `origin` names the source
 * in words: `/sys/class/net`, `registry MachineGuid`.
 */
export type Reading<T> =
  | { readonly kind: "found"; readonly value: T; readonly origin: string }
  | { readonly kind: "absent"; readonly origin: string; readonly reason: string }
  | { readonly kind: "failed"; readonly origin: string; readonly error: AgentError };

export const found = <T>(value: T, origin: string): Reading<T> => ({ kind: "found", value, origin });

/** @param reason completes "none, because …": `"not in this file"`, `"a placeholder: it counts up"` */
export const absent = (origin: string, reason: string): Reading<never> => ({ kind: "absent", origin, reason });

export const failed = (origin: string, error: AgentError): Reading<never> => ({ kind: "failed", origin, error });

/** {@link failed} from an error: an AgentError is kept, others get code and message. */
export function failedBy(origin: string, cause: unknown, code: ErrorCode, message: string): Reading<never> {
  return failed(origin, cause instanceof AgentError ? cause : new AgentError(code, message, { cause }));
}

/**
 * A reading for an identity: a thrown error is `failed`.
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

import type { MakeCalls, NativeAnswer, NativeCall } from "../../native-calls.ts";
import { constants } from "../../native-layout.ts";
import { nativeCall } from "../bounded-calls.ts";
import { advapi32 } from "../native/advapi32.ts";
import { dwordIn, dwordSlot, wideText } from "../native/pointers.ts";
import { secur32 } from "../native/secur32.ts";
import { WindowsError, winError } from "../native/windows-error.ts";

/** The kinds of names that GetUserNameExW gives. */
export const nameFormat = constants("secext.h", { NameSamCompatible: 2, NameUserPrincipal: 8 });
const nameRoom = 1024;

/** Asks for the name of the thread's user. @param format one of {@link nameFormat} */
export const askName = (format: number): NativeCall =>
  nativeCall(secur32, "GetUserNameExW", [format, Buffer.alloc(2 * nameRoom), dwordSlot(nameRoom)]);

/** The name that {@link askName} got; undefined if there is none. */
export function nameIn(answer: NativeAnswer | undefined): string | undefined {
  const [, text, length] = answer?.result ? answer.parameters : [];
  if (!(text instanceof Uint8Array) || !(length instanceof Uint8Array)) return undefined;
  return wideText(Buffer.from(text).subarray(0, 2 * dwordIn(Buffer.from(length)))) || undefined;
}

/**
 * Asks for a user's UPN, possibly from a domain controller. All calls are one batch, so they are made in succession on
 * the thread that impersonates the user meanwhile.
 * @param token of the user; undefined for the user of this process
 * @returns undefined if Windows says that the account has none
 * @throws AgentError `identity-unreadable`
 * @throws WindowsError
 */
export async function askPrincipalName(makeCalls: MakeCalls, token: bigint | undefined): Promise<string | undefined> {
  const ask = askName(nameFormat.NameUserPrincipal);
  if (token === undefined) return principalNameIn((await makeCalls([ask]))[0]);
  const asUser = [impersonate(token), ask, nativeCall(advapi32, "RevertToSelf", [])];
  const [taken, name, returned] = await makeCalls(asUser);
  // Without it the name is this process's own.
  if (!taken?.result) throw new WindowsError("ImpersonateLoggedOnUser", taken?.lastError ?? 0);
  if (!returned?.result) throw new WindowsError("RevertToSelf", returned?.lastError ?? 0);
  return principalNameIn(name);
}

const impersonate = (token: bigint): NativeCall => nativeCall(advapi32, "ImpersonateLoggedOnUser", [token]);

function principalNameIn(answer: NativeAnswer | undefined): string | undefined {
  const { result, lastError = 0 } = answer ?? {};
  if (!result && lastError !== winError.ERROR_NONE_MAPPED) throw new WindowsError("GetUserNameExW", lastError);
  return nameIn(answer);
}

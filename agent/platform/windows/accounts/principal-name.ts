import type { MakeCalls, NativeAnswer, NativeCall } from "../../native-calls.ts";
import { constants } from "../../native-layout.ts";
import { nativeCall } from "../bounded-calls.ts";
import { advapi32 } from "../native/advapi32.ts";
import { dwordSlot } from "../native/pointers.ts";
import { secur32 } from "../native/secur32.ts";
import { WindowsError, winError } from "../native/windows-error.ts";

const { NameUserPrincipal } = constants("secext.h", { NameUserPrincipal: 8 });
const nameRoom = 1024;

/**
 * Asks for a user's UPN, possibly from a domain controller. All calls are one batch, so they are made in succession on
 * the thread that impersonates the user meanwhile.
 * @param token of the user; undefined for the user of this process
 * @returns undefined if Windows says that the account has none
 * @throws AgentError `identity-unreadable`
 * @throws WindowsError
 */
export async function askPrincipalName(makeCalls: MakeCalls, token: bigint | undefined): Promise<string | undefined> {
  const ask = nativeCall(secur32, "GetUserNameExW", [
    NameUserPrincipal,
    Buffer.alloc(2 * nameRoom),
    dwordSlot(nameRoom),
  ]);
  if (token === undefined) return nameIn((await makeCalls([ask]))[0]);
  const asUser = [impersonate(token), ask, nativeCall(advapi32, "RevertToSelf", [])];
  const [taken, name, returned] = await makeCalls(asUser);
  // Without it the name is this process's own.
  if (!taken?.result) throw new WindowsError("ImpersonateLoggedOnUser", taken?.lastError ?? 0);
  if (!returned?.result) throw new WindowsError("RevertToSelf", returned?.lastError ?? 0);
  return nameIn(name);
}

const impersonate = (token: bigint): NativeCall => nativeCall(advapi32, "ImpersonateLoggedOnUser", [token]);

function nameIn(answer: NativeAnswer | undefined): string | undefined {
  if (!answer?.result) {
    const status = answer?.lastError ?? 0;
    if (status === winError.ERROR_NONE_MAPPED) return undefined;
    throw new WindowsError("GetUserNameExW", status);
  }
  const [, text, length] = answer.parameters;
  if (!(text instanceof Uint8Array) || !(length instanceof Uint8Array)) return undefined;
  const name = Buffer.from(text).toString("utf16le", 0, 2 * Buffer.from(length).readUInt32LE(0));
  return name.replace(/\0.*$/s, "") || undefined;
}

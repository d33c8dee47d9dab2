import type { MakeCalls } from "../../native-calls.ts";
import { bytesIn, nativeCall } from "../bounded-calls.ts";
import { advapi32 } from "../native/advapi32.ts";
import { dwordIn, dwordSlot, wide } from "../native/pointers.ts";
import { WindowsError, winError } from "../native/windows-error.ts";
import { maxSidSize, parseSid, type Sid } from "./sids.ts";

const nameRoom = 512;

/**
 * The SID of an account by any name that Windows understands: `alice`, `CORP\alice`, `alice@corp.example.com`.
 * @returns undefined if no account has this name
 * @throws AgentError `identity-unreadable`
 * @throws WindowsError
 */
export async function lookUpName(
  name: string,
  makeCalls: MakeCalls,
): Promise<{ readonly sid: Sid; readonly use: number } | undefined> {
  const call = nativeCall(advapi32, "LookupAccountNameW", [
    null,
    wide(name),
    Buffer.alloc(maxSidSize),
    dwordSlot(maxSidSize),
    Buffer.alloc(2 * nameRoom),
    dwordSlot(nameRoom),
    dwordSlot(),
  ]);
  const [answer] = await makeCalls([call]);
  if (answer === undefined || answer.result === 0) {
    const status = answer?.lastError ?? 0;
    if (status === winError.ERROR_NONE_MAPPED) return undefined;
    throw new WindowsError("LookupAccountNameW", status);
  }
  const sid = parseSid(bytesIn(answer, 2));
  if (sid === undefined) throw new Error("LookupAccountNameW returned no SID");
  return { sid, use: dwordIn(bytesIn(answer, 6)) };
}

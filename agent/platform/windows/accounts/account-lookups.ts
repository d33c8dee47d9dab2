import type { MakeCalls, NativeCall } from "../../native-calls.ts";
import { constants } from "../../native-layout.ts";
import { nativeCall } from "../bounded-calls.ts";
import { advapi32 } from "../native/advapi32.ts";
import { dwordSlot, wide } from "../native/memory.ts";
import { WindowsError, winError } from "../native/windows-error.ts";
import { encodeSid, maxSidSize, parseSid, type Sid } from "./sids.ts";

/** SID_NAME_USE: what a SID names. */
export const nameUse = constants("winnt.h", {
  SidTypeUser: 1,
  SidTypeGroup: 2,
  SidTypeDomain: 3,
  SidTypeAlias: 4,
  SidTypeWellKnownGroup: 5,
  SidTypeDeletedAccount: 6,
  SidTypeInvalid: 7,
  SidTypeUnknown: 8,
  SidTypeComputer: 9,
});

/** An account or a group as the machine or a domain controller names it. */
export interface NamedSid {
  readonly name: string;
  /** NetBIOS name of the domain or of the machine; empty for some well-known ones. */
  readonly domain: string;
  /** One of {@link nameUse}, or another number of that enumeration. */
  readonly use: number;
}

const nameRoom = 512;

/**
 * The names of SIDs, in the same order; undefined where Windows says that it has none. That answer is given too when a
 * domain controller did not answer Windows in time, so for a domain's SID it does not prove that there is no name.
 * @throws AgentError `identity-unreadable`
 * @throws WindowsError
 */
export async function lookUpSids(
  sids: readonly Sid[],
  makeCalls: MakeCalls,
): Promise<readonly (NamedSid | undefined)[]> {
  if (sids.length === 0) return [];
  const answers = await makeCalls(sids.map(sidCall));
  return answers.map(({ result, lastError, parameters }) => {
    if (result === 0) {
      if (lastError === winError.ERROR_NONE_MAPPED) return undefined;
      throw new WindowsError("LookupAccountSidW", lastError);
    }
    const [, , name, nameLength, domain, domainLength, use] = parameters;
    return { name: textIn(name, nameLength), domain: textIn(domain, domainLength), use: numberIn(use) };
  });
}

function sidCall(sid: Sid): NativeCall {
  const room = () => Buffer.alloc(2 * nameRoom);
  return nativeCall(advapi32, "LookupAccountSidW", [
    null,
    encodeSid(sid),
    room(),
    dwordSlot(nameRoom),
    room(),
    dwordSlot(nameRoom),
    dwordSlot(),
  ]);
}

/**
 * The SID of an account by any name that Windows understands: `alice`, `CORP\alice`, `alice@corp.example.com`.
 * @returns undefined where no account has this name
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
  const [, , sidBytes, , , , use] = answer.parameters;
  const sid = sidBytes instanceof Uint8Array ? parseSid(sidBytes) : undefined;
  if (sid === undefined) throw new Error("LookupAccountNameW gave no SID");
  return { sid, use: numberIn(use) };
}

function bytesOf(value: unknown): Buffer {
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : Buffer.alloc(4);
}

const numberIn = (value: unknown): number => bytesOf(value).readUInt32LE(0);

function textIn(text: unknown, length: unknown): string {
  return bytesOf(text).toString("utf16le", 0, 2 * numberIn(length));
}

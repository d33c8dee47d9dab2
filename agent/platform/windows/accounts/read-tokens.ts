import { advapi32 } from "../native/advapi32.ts";
import { kernel32 } from "../native/kernel32.ts";
import {
  addressOf,
  dwordIn,
  dwordSlot,
  type Memory,
  pointerIn,
  pointerSlot,
  unicodeStringAt,
} from "../native/memory.ts";
import { secur32 } from "../native/secur32.ts";
import { lastError } from "../native/windows-error.ts";
import { wtsapi32 } from "../native/wtsapi32.ts";
import { parseTokenGroups, parseTokenSid, type TokenGroup } from "./parse-token.ts";
import type { Sid } from "./sids.ts";

/** The names that a logon was made with, which the machine keeps; no domain controller is asked. */
export interface LogonNames {
  readonly user: string;
  /** NetBIOS name of the domain, or of this machine for a local account. */
  readonly domain: string;
  readonly upn: string | undefined;
}

/** What an access token says of the account that it stands for. */
export interface TokenFacts {
  readonly userSid: Sid;
  readonly groups: readonly TokenGroup[];
  readonly primaryGroup: Sid | undefined;
  /** Undefined where the logon session does not tell. */
  readonly names: LogonNames | undefined;
}

const tokenDuplicate = 0x0002;
const tokenImpersonate = 0x0004;
const tokenQuery = 0x0008;
/** TOKEN_INFORMATION_CLASS, winnt.h. */
const informationClass = { user: 1, groups: 2, primaryGroup: 5, statistics: 10 } as const;
const authenticationIdOffset = 8;

/** The token of this process. @throws WindowsError */
export function ownToken(): TokenFacts {
  using token = openToken(kernel32().GetCurrentProcess(), tokenQuery);
  const facts = readToken(token.handle);
  return { ...facts, names: facts.names ?? ownNames() };
}

/** A token that is closed when it is disposed of. */
export interface OpenToken extends Disposable {
  readonly handle: bigint;
}

/** The token of a session's user; only SYSTEM may ask for it (otherwise status 1314). @throws WindowsError */
export function sessionToken(session: number): TokenFacts {
  using token = openSessionToken(session);
  return readToken(token.handle);
}

/** As {@link sessionToken}, to take the user's place with. @throws WindowsError */
export function openSessionToken(session: number): OpenToken {
  const slot = pointerSlot();
  if (wtsapi32().WTSQueryUserToken(session, slot) === 0) throw lastError("WTSQueryUserToken");
  return closing(pointerIn(slot));
}

function closing(handle: bigint): OpenToken {
  return { handle, [Symbol.dispose]: () => void kernel32().CloseHandle(handle) };
}

const processQueryLimitedInformation = 0x1000;

/** The token of another process. @throws WindowsError */
export function processToken(processId: number): TokenFacts {
  using token = openProcessToken(processId, tokenQuery);
  return readToken(token.handle);
}

/** As {@link processToken}, to take the user's place with. @throws WindowsError */
export function openTokenToImpersonate(processId: number): OpenToken {
  return openProcessToken(processId, tokenQuery | tokenDuplicate | tokenImpersonate);
}

function openProcessToken(processId: number, access: number): OpenToken {
  const process = kernel32().OpenProcess(processQueryLimitedInformation, 0, processId);
  if (process === 0n) throw lastError("OpenProcess");
  try {
    return openToken(process, access);
  } finally {
    kernel32().CloseHandle(process);
  }
}

function openToken(process: bigint, access: number): OpenToken {
  const slot = pointerSlot();
  if (advapi32().OpenProcessToken(process, access, slot) === 0) throw lastError("OpenProcessToken");
  return closing(pointerIn(slot));
}

function readToken(token: bigint): TokenFacts {
  const userSid = parseTokenSid(tokenInformation(token, informationClass.user));
  const groups = parseTokenGroups(tokenInformation(token, informationClass.groups));
  if (userSid === undefined || groups === undefined) throw new Error("a token of an unknown shape");
  const primaryGroup = parseTokenSid(tokenInformation(token, informationClass.primaryGroup));
  const statistics = tokenInformation(token, informationClass.statistics).bytes;
  const logon = Buffer.from(statistics.subarray(authenticationIdOffset, authenticationIdOffset + 8));
  return { userSid, groups, primaryGroup, names: logonNames(logon) };
}

function tokenInformation(token: bigint, kind: number): Memory {
  const length = dwordSlot();
  advapi32().GetTokenInformation(token, kind, null, 0, length);
  const bytes = Buffer.alloc(Math.max(8, dwordIn(length)));
  if (advapi32().GetTokenInformation(token, kind, bytes, bytes.length, length) === 0) {
    throw lastError("GetTokenInformation");
  }
  return { bytes, base: addressOf(bytes) };
}

/** SECURITY_LOGON_SESSION_DATA, ntsecapi.h, 64-bit layout. */
const logonData = { userName: 16, logonDomain: 32, upn: 120 } as const;

/** @param logonId LUID, 8 bytes. A plain user may ask for his own logon only; any refusal is "not told". */
function logonNames(logonId: Buffer): LogonNames | undefined {
  const slot = pointerSlot();
  if (secur32().LsaGetLogonSessionData(logonId, slot) !== 0) return undefined;
  const data = pointerIn(slot);
  try {
    const user = unicodeStringAt(data, logonData.userName);
    if (user === "") return undefined;
    return {
      user,
      domain: unicodeStringAt(data, logonData.logonDomain),
      upn: unicodeStringAt(data, logonData.upn) || undefined,
    };
  } finally {
    secur32().LsaFreeReturnBuffer(data);
  }
}

const nameSamCompatible = 2;

/** The own `DOMAIN\user`, which the machine knows without asking. */
function ownNames(): LogonNames | undefined {
  const text = Buffer.alloc(1024);
  const length = dwordSlot(text.length / 2);
  if (secur32().GetUserNameExW(nameSamCompatible, text, length) === 0) return undefined;
  const [domain, user] = text.toString("utf16le", 0, dwordIn(length) * 2).split("\\");
  return domain === undefined || user === undefined ? undefined : { user, domain, upn: undefined };
}

import { constants, layout, readField } from "../../native-layout.ts";
import { type Owned, owned } from "../../owned.ts";
import { advapi32 } from "../native/advapi32.ts";
import { kernel32, ownHandle } from "../native/kernel32.ts";
import {
  addressOf,
  dwordIn,
  dwordSlot,
  type Memory,
  pointerIn,
  pointerSlot,
  unicodeStringAt,
} from "../native/pointers.ts";
import { secur32 } from "../native/secur32.ts";
import { lastError } from "../native/windows-error.ts";
import { wtsapi32 } from "../native/wtsapi32.ts";
import { parseTokenGroups, parseTokenPrimaryGroup, parseTokenUser, type TokenGroup } from "./parse-token.ts";
import { nameFormat } from "./principal-name.ts";
import type { Sid } from "./sids.ts";

/** The names used for a logon, which the machine keeps; no domain controller is asked. */
export interface LogonNames {
  readonly user: string;
  /** NetBIOS name of the domain, or of this machine for a local account. */
  readonly domain: string;
  readonly upn: string | undefined;
}

/** An account according to its access token. */
export interface TokenFacts {
  readonly userSid: Sid;
  readonly groups: readonly TokenGroup[];
  readonly primaryGroup: Sid | undefined;
  /** Undefined if the logon session does not say. */
  readonly names: LogonNames | undefined;
}

const tokenAccess = constants("winnt.h", { TOKEN_DUPLICATE: 0x2, TOKEN_IMPERSONATE: 0x4, TOKEN_QUERY: 0x8 });
const accessFor = {
  read: tokenAccess.TOKEN_QUERY,
  impersonate: tokenAccess.TOKEN_QUERY | tokenAccess.TOKEN_DUPLICATE | tokenAccess.TOKEN_IMPERSONATE,
} as const;
const informationClass = constants("winnt.h", {
  TokenUser: 1,
  TokenGroups: 2,
  TokenPrimaryGroup: 5,
  TokenStatistics: 10,
});
const tokenStatistics = layout("winnt.h", "TOKEN_STATISTICS", 56, { AuthenticationId: [8, 8] });

/** The token of this process. @throws WindowsError */
export function ownToken(): TokenFacts {
  using token = openToken(kernel32().GetCurrentProcess(), "read");
  const facts = token.facts();
  // A Microsoft account's logon was made with a mail address; SAM has the account's own name.
  const names = ownNames() ?? facts.names;
  return { ...facts, names: names === undefined ? undefined : { ...names, upn: facts.names?.upn } };
}

/** A user's token. */
export interface OpenToken extends Owned {
  /** @throws WindowsError */
  facts(): TokenFacts;
}

/** The token of a session's user; only SYSTEM may ask for it (otherwise status 1314). @throws WindowsError */
export function sessionToken(session: number): OpenToken {
  const slot = pointerSlot();
  if (wtsapi32().WTSQueryUserToken(session, slot) === 0) throw lastError("WTSQueryUserToken");
  return tokenIn(slot);
}

const { PROCESS_QUERY_LIMITED_INFORMATION } = constants("winnt.h", { PROCESS_QUERY_LIMITED_INFORMATION: 0x1000 });

/** What a token is opened for; impersonation needs rights that fewer users have. */
export type TokenUse = keyof typeof accessFor;

/** The token of another process. @throws WindowsError */
export function processToken(processId: number, use: TokenUse): OpenToken {
  using process = ownHandle(kernel32().OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, 0, processId));
  if (process.handle === 0n) throw lastError("OpenProcess");
  return openToken(process.handle, use);
}

function openToken(process: bigint, use: TokenUse): OpenToken {
  const slot = pointerSlot();
  if (advapi32().OpenProcessToken(process, accessFor[use], slot) === 0) throw lastError("OpenProcessToken");
  return tokenIn(slot);
}

function tokenIn(slot: Buffer): OpenToken {
  const token = ownHandle(pointerIn(slot));
  return { ...token, facts: () => readToken(token.handle) };
}

function readToken(token: bigint): TokenFacts {
  const userSid = parseTokenUser(tokenInformation(token, informationClass.TokenUser));
  const groups = parseTokenGroups(tokenInformation(token, informationClass.TokenGroups));
  if (userSid === undefined || groups === undefined) throw new Error("a token in an unknown format");
  const primaryGroup = parseTokenPrimaryGroup(tokenInformation(token, informationClass.TokenPrimaryGroup));
  const statistics = tokenInformation(token, informationClass.TokenStatistics).bytes;
  const logon = Buffer.from(readField(tokenStatistics, "AuthenticationId", statistics));
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

const logonData = layout("ntsecapi.h", "SECURITY_LOGON_SESSION_DATA", 272, {
  UserName: [16, 16],
  LogonDomain: [32, 16],
  Upn: [120, 16],
});

/** @param logonId LUID, 8 bytes. A plain user may ask only for their own logon; any refusal means undefined. */
function logonNames(logonId: Buffer): LogonNames | undefined {
  const slot = pointerSlot();
  if (secur32().LsaGetLogonSessionData(logonId, slot) !== 0) return undefined;
  using data = owned(pointerIn(slot), secur32().LsaFreeReturnBuffer);
  const user = unicodeStringAt(data.handle, logonData.at.UserName);
  if (user === "") return undefined;
  return {
    user,
    domain: unicodeStringAt(data.handle, logonData.at.LogonDomain),
    upn: unicodeStringAt(data.handle, logonData.at.Upn) || undefined,
  };
}

/** This process's `DOMAIN\user`, which the machine knows without a controller. */
function ownNames(): LogonNames | undefined {
  const text = Buffer.alloc(1024);
  const length = dwordSlot(text.length / 2);
  if (secur32().GetUserNameExW(nameFormat.NameSamCompatible, text, length) === 0) return undefined;
  const [domain, user] = text.toString("utf16le", 0, dwordIn(length) * 2).split("\\");
  return domain === undefined || user === undefined ? undefined : { user, domain, upn: undefined };
}

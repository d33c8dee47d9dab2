import type { MakeCalls } from "../../native-calls.ts";
import { nativeCall } from "../bounded-calls.ts";
import { kernel32 } from "../native/kernel32.ts";
import { addressOf, wide, wideAt } from "../native/memory.ts";
import { lastError, WindowsError, winError } from "../native/windows-error.ts";
import { winhttp } from "../native/winhttp.ts";

/** Proxies as Windows writes them; see `named-proxies.ts`. */
export interface NamedProxies {
  readonly proxies: string;
  /** Hosts that are reached without. */
  readonly bypass: string;
}

/** What is set for a user: in "Internet Options", or for all users by policy. */
export interface UserProxySettings {
  /** The network may name a script (WPAD). */
  readonly detect: boolean;
  /** Address of a PAC script; empty for none. */
  readonly script: string;
  readonly named: NamedProxies | undefined;
}

/** WINHTTP_PROXY_INFO: an access type at +0, the addresses of two strings. */
const proxyInfo = { size: 24, accessType: 0, proxies: 8, bypass: 16 } as const;
/** WINHTTP_CURRENT_USER_IE_PROXY_CONFIG: a flag at +0, the addresses of three strings. */
const userConfig = { size: 32, detect: 0, script: 8, proxies: 16, bypass: 24 } as const;
/** WINHTTP_AUTOPROXY_OPTIONS */
const scriptOptions = { size: 32, flags: 0, detectFlags: 4, script: 8 } as const;

/** WINHTTP_ACCESS_TYPE_*, winhttp.h. */
const accessType = { noProxy: 1, named: 3 } as const;
/** WINHTTP_AUTOPROXY_*, winhttp.h. */
const autoProxy = { detect: 1, script: 2 } as const;
/** WINHTTP_AUTO_DETECT_TYPE_DHCP | WINHTTP_AUTO_DETECT_TYPE_DNS_A */
const detectBoth = 3;

/** The machine's own proxies, as `netsh winhttp set proxy` sets them; undefined for none. @throws WindowsError */
export function machineProxies(): NamedProxies | undefined {
  const info = Buffer.alloc(proxyInfo.size);
  if (winhttp().WinHttpGetDefaultProxyConfiguration(info) === 0) throw lastError("WinHttpGetDefaultProxyConfiguration");
  return takeNamed(info);
}

/** @returns undefined where nothing was ever set for this user @throws WindowsError */
export function userProxySettings(): UserProxySettings | undefined {
  const config = Buffer.alloc(userConfig.size);
  if (winhttp().WinHttpGetIEProxyConfigForCurrentUser(config) === 0) {
    const error = lastError("WinHttpGetIEProxyConfigForCurrentUser");
    if (error.status === winError.fileNotFound) return undefined;
    throw error;
  }
  const [script, proxies, bypass] = [userConfig.script, userConfig.proxies, userConfig.bypass].map((at) =>
    takeText(config, at),
  );
  return {
    detect: config.readInt32LE(userConfig.detect) !== 0,
    script: script ?? "",
    named: proxies ? { proxies, bypass: bypass ?? "" } : undefined,
  };
}

/** Milliseconds for each of name resolution, connection, sending and receiving of a script. */
const scriptTimeout = 5_000;

/** What a call may still read that did not come back in time; never freed. */
const lent: Buffer[] = [];

/**
 * Has Windows fetch and evaluate a PAC script for a URL, in a process of its own.
 * @param script its address; undefined for the one that the network names (WPAD)
 * @returns undefined where it says that no proxy is to be used
 * @throws WindowsError, AgentError what `makeCalls` throws
 */
export async function proxiesByScript(
  url: string,
  script: string | undefined,
  makeCalls: MakeCalls,
): Promise<NamedProxies | undefined> {
  const session = winhttp().WinHttpOpen(null, accessType.noProxy, null, null, 0);
  if (session === 0n) throw lastError("WinHttpOpen");
  winhttp().WinHttpSetTimeouts(session, scriptTimeout, scriptTimeout, scriptTimeout, scriptTimeout);
  const options = Buffer.alloc(scriptOptions.size);
  options.writeUInt32LE(script === undefined ? autoProxy.detect : autoProxy.script, scriptOptions.flags);
  if (script === undefined) options.writeUInt32LE(detectBoth, scriptOptions.detectFlags);
  else {
    const address = wide(script);
    lent.push(address);
    options.writeBigUInt64LE(addressOf(address), scriptOptions.script);
  }
  const info = Buffer.alloc(proxyInfo.size);
  const [answer] = await makeCalls([nativeCall(winhttp, "WinHttpGetProxyForUrl", [session, wide(url), options, info])]);
  // Not before the call has come back: until then the session is in use.
  winhttp().WinHttpCloseHandle(session);
  if (answer === undefined || answer.result === 0) {
    throw new WindowsError("WinHttpGetProxyForUrl", answer?.lastError ?? 0);
  }
  const filled = answer.parameters[3];
  return filled instanceof Uint8Array ? takeNamed(Buffer.from(filled)) : undefined;
}

function takeNamed(info: Buffer): NamedProxies | undefined {
  const proxies = takeText(info, proxyInfo.proxies);
  const bypass = takeText(info, proxyInfo.bypass);
  return info.readUInt32LE(proxyInfo.accessType) === accessType.named ? { proxies, bypass } : undefined;
}

/** Copies the text whose address stands in a structure, and frees it; the whole process shares its memory. */
function takeText(structure: Buffer, at: number): string {
  const pointer = structure.readBigUInt64LE(at);
  const text = wideAt(pointer);
  if (pointer !== 0n) kernel32().GlobalFree(pointer);
  return text;
}

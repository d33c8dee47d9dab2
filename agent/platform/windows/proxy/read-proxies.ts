import type { MakeCalls } from "../../native-calls.ts";
import { constants, layout, readField, structure } from "../../native-layout.ts";
import { bytesIn, lending, nativeCall } from "../bounded-calls.ts";
import { kernel32 } from "../native/kernel32.ts";
import { addressOf, wide, wideAt } from "../native/pointers.ts";
import { lastError, WindowsError, winError } from "../native/windows-error.ts";
import { winhttp } from "../native/winhttp.ts";

/** Proxies as Windows writes them; see `named-proxies.ts`. */
export interface NamedProxies {
  readonly proxies: string;
  /** Hosts that are reached without. */
  readonly bypass: string;
}

/** A user's proxy settings: from "Internet Options", or for all users by policy. */
export interface UserProxySettings {
  /** The network may name a script (WPAD). */
  readonly detect: boolean;
  /** Address of a PAC script; empty for none. */
  readonly script: string;
  readonly named: NamedProxies | undefined;
}

const proxyInfo = layout("winhttp.h", "WINHTTP_PROXY_INFO", 24, {
  dwAccessType: [0, "u32"],
  lpszProxy: [8, "pointer"],
  lpszProxyBypass: [16, "pointer"],
});
const userConfig = layout("winhttp.h", "WINHTTP_CURRENT_USER_IE_PROXY_CONFIG", 32, {
  fAutoDetect: [0, "i32"],
  lpszAutoConfigUrl: [8, "pointer"],
  lpszProxy: [16, "pointer"],
  lpszProxyBypass: [24, "pointer"],
});
const scriptOptions = layout("winhttp.h", "WINHTTP_AUTOPROXY_OPTIONS", 32, {
  dwFlags: [0, "u32"],
  dwAutoDetectFlags: [4, "u32"],
  lpszAutoConfigUrl: [8, "pointer"],
});

const accessType = constants("winhttp.h", { WINHTTP_ACCESS_TYPE_NO_PROXY: 1, WINHTTP_ACCESS_TYPE_NAMED_PROXY: 3 });
const autoProxy = constants("winhttp.h", { WINHTTP_AUTOPROXY_AUTO_DETECT: 1, WINHTTP_AUTOPROXY_CONFIG_URL: 2 });
const detection = constants("winhttp.h", { WINHTTP_AUTO_DETECT_TYPE_DHCP: 1, WINHTTP_AUTO_DETECT_TYPE_DNS_A: 2 });

/** The machine's own proxies, as `netsh winhttp set proxy` sets them; undefined for none. @throws WindowsError */
export function machineProxies(): NamedProxies | undefined {
  const info = structure(proxyInfo, {});
  if (winhttp().WinHttpGetDefaultProxyConfiguration(info) === 0) throw lastError("WinHttpGetDefaultProxyConfiguration");
  return takeNamed(info);
}

/** @returns undefined if nothing was ever set for this user @throws WindowsError */
export function userProxySettings(): UserProxySettings | undefined {
  const config = structure(userConfig, {});
  if (winhttp().WinHttpGetIEProxyConfigForCurrentUser(config) === 0) {
    const error = lastError("WinHttpGetIEProxyConfigForCurrentUser");
    if (error.status === winError.ERROR_FILE_NOT_FOUND) return undefined;
    throw error;
  }
  const { lpszAutoConfigUrl, lpszProxy, lpszProxyBypass } = userConfig.at;
  const [script, proxies, bypass] = [lpszAutoConfigUrl, lpszProxy, lpszProxyBypass].map((at) => takeText(config, at));
  return {
    detect: readField(userConfig, "fAutoDetect", config) !== 0,
    script: script ?? "",
    named: proxies ? { proxies, bypass: bypass ?? "" } : undefined,
  };
}

/** Milliseconds for each of name resolution, connection, sending and receiving of a script. */
const scriptTimeout = 5_000;

/**
 * Lets Windows fetch and evaluate a PAC script for a URL, in another process.
 * @param script its address; undefined for the one that the network names (WPAD)
 * @returns undefined if it says that no proxy is to be used
 * @throws WindowsError, AgentError what `makeCalls` throws
 */
export async function proxiesByScript(
  url: string,
  script: string | undefined,
  makeCalls: MakeCalls,
): Promise<NamedProxies | undefined> {
  const session = winhttp().WinHttpOpen(null, accessType.WINHTTP_ACCESS_TYPE_NO_PROXY, null, null, 0);
  if (session === 0n) throw lastError("WinHttpOpen");
  winhttp().WinHttpSetTimeouts(session, scriptTimeout, scriptTimeout, scriptTimeout, scriptTimeout);
  const address = script === undefined ? undefined : wide(script);
  const options = structure(scriptOptions, address === undefined ? detecting : fetching(address));
  const call = nativeCall(winhttp, "WinHttpGetProxyForUrl", [session, wide(url), options, structure(proxyInfo, {})]);
  const [answer] = await lending(address, makeCalls([call]));
  // Closed only after the call has returned: until then the session is in use.
  winhttp().WinHttpCloseHandle(session);
  if (answer === undefined || answer.result === 0) {
    throw new WindowsError("WinHttpGetProxyForUrl", answer?.lastError ?? 0);
  }
  return takeNamed(bytesIn(answer, 3));
}

const detecting = {
  dwFlags: autoProxy.WINHTTP_AUTOPROXY_AUTO_DETECT,
  dwAutoDetectFlags: detection.WINHTTP_AUTO_DETECT_TYPE_DHCP | detection.WINHTTP_AUTO_DETECT_TYPE_DNS_A,
};

const fetching = (address: Buffer) => ({
  dwFlags: autoProxy.WINHTTP_AUTOPROXY_CONFIG_URL,
  lpszAutoConfigUrl: addressOf(address),
});

function takeNamed(info: Buffer): NamedProxies | undefined {
  const proxies = takeText(info, proxyInfo.at.lpszProxy);
  const bypass = takeText(info, proxyInfo.at.lpszProxyBypass);
  const named = readField(proxyInfo, "dwAccessType", info) === accessType.WINHTTP_ACCESS_TYPE_NAMED_PROXY;
  return named ? { proxies, bypass } : undefined;
}

/** Copies the text that a structure points to, and frees it. */
function takeText(structure: Buffer, at: number): string {
  const pointer = structure.readBigUInt64LE(at);
  const text = wideAt(pointer);
  if (pointer !== 0n) kernel32().GlobalFree(pointer);
  return text;
}

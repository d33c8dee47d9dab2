import { AgentError, messageOf } from "../../../errors.ts";
import { isForgeable, type Route } from "../../../network/proxy/address.ts";
import type { SystemProxy } from "../../../network/proxy/choice.ts";
import { absent, failed, found, type Reading } from "../../../reading.ts";
import { type BoundedOptions, boundedCalls } from "../bounded-calls.ts";
import { WindowsError } from "../native/windows-error.ts";
import type { ReadKey } from "../read-registry.ts";
import { valueIn } from "../registry-values.ts";
import { routesBy } from "./named-proxies.ts";
import {
  machineProxies,
  type NamedProxies,
  proxiesByScript,
  type UserProxySettings,
  userProxySettings,
} from "./read-proxies.ts";

const scriptCalls: BoundedOptions = {
  limit: 10_000,
  asksFor: "the result of a PAC script",
  check: "Check that the script's server can be reached.",
};

/**
 * With the value 0 of `ProxySettingsPerUser` the machine's settings, which only administrators change, replace those of
 * users.
 */
const proxyPolicy = "SOFTWARE\\Policies\\Microsoft\\Windows\\CurrentVersion\\Internet Settings";

/**
 * Where Windows keeps proxies.
 * @param trustsUser whether this account's own settings count, although its user may change them
 */
export const proxySources = (trustsUser: boolean, readKey: ReadKey) => ({
  machine: machineProxies,
  /** This process's account; for the logon trigger SYSTEM. */
  user: userProxySettings,
  /** Whether `user` contains only what administrators can set. */
  userIsTrusted: () => trustsUser || valueIn(readKey(proxyPolicy), "ProxySettingsPerUser") === 0,
  /** @param script undefined for the one that the network names (WPAD) */
  byScript: (url: string, script: string | undefined) => proxiesByScript(url, script, boundedCalls(scriptCalls)),
});

export type ProxySettingSources = ReturnType<typeof proxySources>;

/**
 * The route to a URL by Windows' settings: the machine's (`netsh winhttp`), then this account's: its PAC script, its
 * proxy, and last the script that the network names. So a configured proxy takes precedence over the network's.
 */
export async function readSystemProxy(url: URL, sources: ProxySettingSources): Promise<Reading<SystemProxy>> {
  let origin = "netsh winhttp";
  try {
    const machine = sources.machine();
    if (machine !== undefined) return found({ routes: routesBy(machine, url) }, origin);
    if (!sources.userIsTrusted()) return absent(origin, "names none; a privileged run ignores a person's own settings");
    origin = "Windows' proxy settings";
    const user = sources.user();
    if (user?.script) return await scripted(url, user, sources);
    if (user?.named !== undefined) return found({ routes: routesBy(user.named, url) }, origin);
    if (user?.detect === true) return await detected(url, sources);
    return absent(origin, "name none");
  } catch (cause) {
    return failed(origin, unreadable(origin, cause));
  }
}

/** A configured proxy is used if the script is unavailable, as in Windows' own programs. */
async function scripted(
  url: URL,
  user: UserProxySettings,
  { byScript }: ProxySettingSources,
): Promise<Reading<SystemProxy>> {
  const origin = `PAC script ${whereOf(user.script)}`;
  try {
    return found({ routes: byResult(await byScript(url.href, user.script), url, isForgeable(user.script)) }, origin);
  } catch (cause) {
    if (user.named !== undefined) {
      return found(
        { routes: routesBy(user.named, url) },
        "Windows' proxy settings, because the PAC script can't be used",
      );
    }
    return failed(origin, unreadable(`The ${origin}`, cause));
  }
}

/** A network need not name a script, so no failure here is a fault. */
async function detected(url: URL, { byScript }: ProxySettingSources): Promise<Reading<SystemProxy>> {
  const origin = "WPAD";
  try {
    return found({ routes: byResult(await byScript(url.href, undefined), url, true) }, origin);
  } catch (cause) {
    if (cause instanceof WindowsError || cause instanceof AgentError) {
      return absent(origin, `this network names none (${messageOf(cause).replace(/\.$/, "")})`);
    }
    throw cause;
  }
}

/**
 * Windows returns a script's list only up to its `DIRECT`, and without that word, so the direct route is always tried
 * last.
 */
function byResult(named: NamedProxies | undefined, url: URL, discovered: boolean): readonly Route[] {
  const routes = named === undefined ? [] : routesBy(named, url, discovered);
  return routes.at(-1) === "direct" ? routes : [...routes, "direct"];
}

/** The part of a script's address that is safe to show. */
function whereOf(script: string): string {
  return URL.canParse(script) ? new URL(script).host || new URL(script).protocol : "without a valid address";
}

function unreadable(what: string, cause: unknown): AgentError {
  return new AgentError("settings-unreadable", `${what} can't be used: ${messageOf(cause).replace(/\.$/, "")}.`, {
    cause,
  });
}

import { asAgentError } from "../../errors.ts";
import type { Reading } from "../../reading.ts";
import { allowsUserName } from "../log-on/decide-log-on.ts";
import { type ProxyLogin, parseProxy, type Route } from "./address.ts";
import { bareHost, isLoopback } from "./host-match.ts";
import type { LogOnMeans } from "./log-on.ts";
import { byVariables, variableFor } from "./variables.ts";

/**
 * How the system's own settings reach a URL: by at least one route, in order; or by the PAC script at an address, if
 * the system leaves running it to programs.
 */
export type SystemProxy = { readonly routes: readonly Route[] } | { readonly script: string };

/** The routes to a host, and why these. */
export interface ProxyChoice {
  /** At least one, in the order in which they are tried. */
  readonly routes: readonly Route[];
  /** Completes "… because": `HTTPS_PROXY`, `NO_PROXY has .example.com`. */
  readonly reason: string;
  /** Why the system's proxy could not be read, so that none was chosen. */
  readonly problem?: string;
}

/** A PAC script that the settings name. */
export interface OwnScript {
  /** Completes "… because": `the setting pacFile`. */
  readonly reason: string;
  /** None if nothing that it says can be used. @throws AgentError */
  readonly routes: (url: URL) => Promise<readonly Route[]>;
}

/** Where proxies are looked for. */
export interface ProxySources {
  /** `auto`, `none` or a proxy's URL. */
  readonly setting: string;
  /** Without a user's variables in a privileged run. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** A PAC script that the settings name; asked before the environment. */
  readonly pac?: OwnScript | undefined;
  /** Asked last, and not for this machine itself. */
  readonly systemProxy: (url: URL) => Promise<Reading<SystemProxy>>;
  /** Fetches and runs a PAC script; none if its result is unusable. @throws AgentError */
  readonly byScript: (script: string, url: URL) => Promise<readonly Route[]>;
  /** Gives the log-on for a proxy whose URL has no user name; called only for such a proxy. */
  readonly login: () => ProxyLogin | undefined;
  readonly logOn: LogOnMeans;
}

/**
 * Chooses the route to a URL. A setting other than `auto` is obeyed; `auto` takes the settings' PAC script, the
 * environment's proxy, then the system's. This machine itself is never asked through a found proxy. A proxy that the
 * network itself named gets no login, and none does where `proxyAuth` forbids it.
 * @throws AgentError `setting-invalid`; what `login` throws
 */
export async function chooseProxy(url: URL, sources: ProxySources): Promise<ProxyChoice> {
  const choice = await find(url, sources);
  let login: ProxyLogin | undefined;
  const routes = choice.routes.map((route) => {
    if (route === "direct") return route;
    if (!allowsUserName(sources.logOn.mode)) return { ...route, login: undefined };
    if (route.login !== undefined || route.discovered) return route;
    login ??= sources.login();
    return { ...route, login };
  });
  return { ...choice, routes };
}

async function find(url: URL, sources: ProxySources): Promise<ProxyChoice> {
  const { setting, environment, systemProxy } = sources;
  if (setting === "none") return { routes: ["direct"], reason: "the setting proxy is none" };
  if (setting !== "auto") return { routes: [parseProxy(setting, "proxy")], reason: "the setting proxy" };
  if (isLoopback(bareHost(url))) return { routes: ["direct"], reason: "baseUrl is local" };
  const { pac } = sources;
  if (pac !== undefined) return await byScript(pac.reason, () => pac.routes(url));
  const found = byVariables(environment, url);
  if (found !== undefined) return { routes: [found.route], reason: found.reason };
  const system = await systemProxy(url);
  switch (system.kind) {
    case "found":
      if ("script" in system.value) {
        const { script } = system.value;
        const reason = `PAC script ${URL.canParse(script) ? new URL(script).host : "without a valid address"}`;
        return await byScript(reason, () => sources.byScript(script, url));
      }
      return { routes: system.value.routes, reason: system.origin };
    case "absent":
      return { routes: ["direct"], reason: `${variableFor(url)} is not set; ${system.origin}: ${system.reason}` };
    case "failed":
      return { routes: ["direct"], reason: `${system.origin} could not be asked`, problem: system.error.message };
  }
}

async function byScript(reason: string, ask: () => Promise<readonly Route[]>): Promise<ProxyChoice> {
  try {
    const routes = await ask();
    if (routes.length > 0) return { routes, reason };
    return { routes: ["direct"], reason, problem: "The PAC script names no HTTP or SOCKS5 proxy." };
  } catch (thrown) {
    return { routes: ["direct"], reason: `${reason} could not be asked`, problem: asAgentError(thrown).message };
  }
}

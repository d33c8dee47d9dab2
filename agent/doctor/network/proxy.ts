import type { Route } from "../../network/proxy/address.ts";
import { chooseProxy, type ProxyChoice, type ProxySources } from "../../network/proxy/choice.ts";
import { ignoredInVariables } from "../../network/proxy/variables.ts";
import type { Finding } from "../check.ts";

export async function checkProxy(baseUrl: string, sources: ProxySources): Promise<Finding<ProxyChoice>> {
  const url = new URL(baseUrl);
  const value = await chooseProxy(url, sources);
  const detail = `${value.routes.map(shownRoute).join(", then ")}: ${value.reason}`;
  if (value.problem === undefined) {
    const ignored = sources.setting === "auto" ? ignoredInVariables(sources.environment, url) : [];
    if (ignored.length === 0) return { status: "ok", detail, value };
    return { status: "warn", detail: [detail, ...ignored].join(". "), advice: "correct these variables", value };
  }
  return { status: "warn", detail: `${detail}. ${value.problem}`, advice: "set proxy to none or to a URL", value };
}

function shownRoute(route: Route, at: number): string {
  if (route === "direct") return at === 0 ? "none" : "none at all";
  return route.login === undefined ? route.origin : `${route.origin}, with a user name`;
}

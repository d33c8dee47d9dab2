import { printable } from "../../printable.ts";
import { parseProxy, type Route } from "./address.ts";
import { bareHost, excepts, parseException, portOf } from "./host-match.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The route to a URL by `HTTPS_PROXY` or `HTTP_PROXY`, by the URL's scheme, else by `ALL_PROXY`, unless `NO_PROXY` has
 * its host. Lower-case names win, as for curl.
 * @returns `name` of the variable that decides, with the entry; undefined if there is none for the scheme
 * @throws AgentError `setting-invalid`
 */
export function byVariables(
  variables: Variables,
  url: URL,
): { readonly route: Route; readonly reason: string } | undefined {
  const name = [variableFor(url), "ALL_PROXY"].find((one) => variable(variables, one) !== undefined);
  const value = name && variable(variables, name);
  if (name === undefined || value === undefined) return undefined;
  const exception = exceptionsIn(variables).find((entry) => excepts(entry.toLowerCase(), bareHost(url), portOf(url)));
  if (exception !== undefined) return { route: "direct", reason: `NO_PROXY has ${exception}` };
  return { route: parseProxy(value, name), reason: name };
}

/** The variable that names the proxy for a URL. */
export const variableFor = ({ protocol }: URL): string => (protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY");

const exceptionsIn = (variables: Variables): readonly string[] =>
  (variable(variables, "NO_PROXY") ?? "").split(/[\s,]+/).filter((entry) => entry !== "");

/** Variables for other programs or protocols, which are often set beside the relevant ones. */
const ofOthers = /^(?:https?|all|no|ftp|rsync|gopher|wss?|cgi_http)_proxy$/i;

/** Proxy variables that are ignored for a URL, each as a sentence without a full stop. */
export function ignoredInVariables(variables: Variables, url: URL): readonly string[] {
  const set = Object.keys(variables).filter((name) => variables[name]?.trim());
  const others = set.filter((name) => /_proxy$|^socks_server$/i.test(name) && !ofOthers.test(name));
  const forms = exceptionsIn(variables).filter((entry) => parseException(entry) === undefined);
  const isForHttpAlone =
    url.protocol === "https:" && byVariables(variables, url) === undefined && variable(variables, "HTTP_PROXY");
  return [
    ...others.map((name) => `${name} is not obeyed: name the proxy in HTTPS_PROXY or ALL_PROXY`),
    ...(isForHttpAlone ? ["HTTP_PROXY applies only to http: name the proxy in HTTPS_PROXY or ALL_PROXY"] : []),
    ...forms.map(
      (entry) =>
        `NO_PROXY has ${printable(entry, 60)}, which matches nothing: write names, addresses and ranges (10.77.0.0/24), with commas between`,
    ),
  ];
}

/** The values that choose a proxy, without user names and passwords: if they differ, the proxy may differ. */
export const publicValues = (variables: Variables): readonly string[] =>
  ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"].map((name) =>
    (variable(variables, name) ?? "").replace(/^.*@/s, "@"),
  );

function variable(variables: Variables, name: string): string | undefined {
  return variables[name.toLowerCase()]?.trim() || variables[name]?.trim() || undefined;
}

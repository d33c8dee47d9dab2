import { parseProxy, type Way } from "./address.ts";
import { bareHost, excepts, portOf } from "./host-match.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The way to a URL by `HTTPS_PROXY` or `HTTP_PROXY`, by the URL's scheme, unless `NO_PROXY` has its host. Lower-case
 * names win, as for curl.
 * @returns `name` of the variable that decides, with the entry; undefined where there is none for the scheme
 * @throws AgentError `setting-invalid`
 */
export function byVariables(
  variables: Variables,
  url: URL,
): { readonly way: Way; readonly reason: string } | undefined {
  const name = variableFor(url);
  const value = variable(variables, name);
  if (value === undefined) return undefined;
  const exception = variable(variables, "NO_PROXY")
    ?.split(/[\s,]+/)
    .find((entry) => entry !== "" && excepts(entry.toLowerCase(), bareHost(url), portOf(url)));
  if (exception !== undefined) return { way: "direct", reason: `NO_PROXY has ${exception}` };
  return { way: parseProxy(value, name), reason: name };
}

/** The variable that names the proxy for a URL. */
export const variableFor = ({ protocol }: URL): string => (protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY");

function variable(variables: Variables, name: string): string | undefined {
  return variables[name.toLowerCase()]?.trim() || variables[name]?.trim() || undefined;
}

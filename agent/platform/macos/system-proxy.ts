import { AgentError, asAgentError } from "../../errors.ts";
import { matchesPattern } from "../../identity/pattern.ts";
import { parseProxy } from "../../network/proxy/address.ts";
import type { SystemProxy } from "../../network/proxy/choice.ts";
import { bareHost, isIn } from "../../network/proxy/host-match.ts";
import { absent, failed, found, type Reading } from "../../reading.ts";
import type { RunTool } from "./tools.ts";

const origin = "network settings (scutil --proxy)";

/**
 * The proxy of the network settings, which administrators alone can change, or the PAC script that they name. A PAC
 * script by WPAD is a failure.
 */
export function readSystemProxy(url: URL, run: RunTool): Reading<SystemProxy> {
  try {
    const { values, exceptions } = parseNetworkSettings(run("scutil", "--proxy"));
    const own = url.protocol === "https:" ? "HTTPS" : "HTTP";
    const isOn = (name: string): boolean => values.get(name) === "1";
    const script = values.get("ProxyAutoConfigURLString");
    // While discovery is on, configd(8) gives the script that the network names as if it were configured.
    if (isOn("ProxyAutoDiscoveryEnable")) return failed(origin, discoveryIsNotDone());
    if (isOn("ProxyAutoConfigEnable") && script !== undefined) return found({ script }, origin);
    const kind = [own, "SOCKS"].find((one) => isOn(`${one}Enable`) && values.has(`${one}Proxy`));
    const host = values.get(`${kind}Proxy`);
    if (kind === undefined || host === undefined) return absent(origin, `no ${own} proxy is set`);
    const exception = exceptions.find((entry) => isExcepted(entry, bareHost(url)));
    if (exception !== undefined) return found({ routes: ["direct"] }, `${origin}: exception ${exception}`);
    if (isOn("ExcludeSimpleHostnames") && !bareHost(url).includes(".")) {
      return found({ routes: ["direct"] }, `${origin}: simple host names are excepted`);
    }
    const port = values.get(`${kind}Port`);
    const address = `${kind === "SOCKS" ? "socks5" : "http"}://${host.includes(":") ? `[${host}]` : host}`;
    return found({ routes: [parseProxy(port === undefined ? address : `${address}:${port}`, origin)] }, origin);
  } catch (cause) {
    return failed(origin, asAgentError(cause));
  }
}

function discoveryIsNotDone(): AgentError {
  const message =
    "The network settings use automatic discovery (WPAD) to find a proxy, which is not supported here. Name the proxy in the setting proxy.";
  return new AgentError("setting-invalid", message);
}

/**
 * What scutil(8) prints of a dictionary: `Name : value` a line, arrays and the settings of single adapters inside
 * braces.
 */
export function parseNetworkSettings(text: string) {
  const values = new Map<string, string>();
  const exceptions: string[] = [];
  const within: string[] = [];
  for (const line of text.split("\n")) {
    const [, name = "", value = ""] = /^\s*([\w.]+) : (.*?)\s*$/.exec(line) ?? [];
    if (line.trimEnd().endsWith("{")) within.push(name);
    else if (line.trim() === "}") within.pop();
    else if (name !== "" && within.length === 1) values.set(name, value);
    else if (name !== "" && within.length === 2 && within[1] === "ExceptionsList") exceptions.push(value);
  }
  return { values, exceptions };
}

/** `host.example.com`, `*.example.com`, `192.0.2.1`, `169.254/16` */
const isExcepted = (entry: string, host: string): boolean =>
  entry.includes("/") ? isIn(wholeRange(entry), host) : matchesPattern(entry, host);

/** `169.254/16` means `169.254.0.0/16`. */
function wholeRange(range: string): string {
  const [, address = "", bits = ""] = /^(\d{1,3}(?:\.\d{1,3}){0,3})\/(\d{1,2})$/.exec(range) ?? [];
  if (address === "") return range;
  return `${[...address.split("."), "0", "0", "0"].slice(0, 4).join(".")}/${bits}`;
}

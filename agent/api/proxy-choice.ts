import { AgentError } from "../errors.ts";
import { Secret } from "../secret.ts";

export interface ProxyAddress {
  /** Scheme, host and port; safe to show. */
  readonly origin: string;
  /** Value of `Proxy-Authorization`, where the proxy's URL has a user name. */
  readonly authorization: Secret | undefined;
}

export interface ProxyChoice {
  /** Undefined to connect directly. */
  readonly proxy: ProxyAddress | undefined;
  /** Completes "… because": `HTTPS_PROXY`, `NO_PROXY has .example.com`. */
  readonly reason: string;
}

/** Not imported: a bundle would load it at every start. */
const net = (): typeof import("node:net") => process.getBuiltinModule("node:net");

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Chooses the proxy for a URL. A setting other than `auto` is obeyed; `auto` takes `HTTPS_PROXY` or `HTTP_PROXY` by the
 * URL's scheme, unless `NO_PROXY` has the host (names with their subdomains, IP addresses, CIDR ranges, each perhaps with
 * a port, or `*`). Lower-case names win, as for curl. This machine itself is never asked through a found proxy.
 * @param environment without a user's variables in a privileged run
 * @throws AgentError `setting-invalid`
 */
export function chooseProxy(setting: string, url: URL, environment: Environment): ProxyChoice {
  if (setting === "none") return { proxy: undefined, reason: "the setting proxy is none" };
  if (setting !== "auto") return { proxy: parseProxy(setting, "proxy"), reason: "the setting proxy" };
  const host = bareHost(url);
  if (isLoopback(host)) return { proxy: undefined, reason: "this machine itself is asked" };
  const name = url.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
  const value = variable(environment, name);
  if (value === undefined) return { proxy: undefined, reason: `${name} is not set` };
  const port = url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
  const exception = variable(environment, "NO_PROXY")
    ?.split(/[\s,]+/)
    .find((entry) => entry !== "" && excepts(entry.toLowerCase(), host, port));
  if (exception !== undefined) return { proxy: undefined, reason: `NO_PROXY has ${exception}` };
  return { proxy: parseProxy(value, name), reason: name };
}

function variable(environment: Environment, name: string): string | undefined {
  return environment[name.toLowerCase()]?.trim() || environment[name]?.trim() || undefined;
}

/** @param origin of the value, for the message; the value itself may hold a password */
function parseProxy(value: string, origin: string): ProxyAddress {
  const text = value.includes("://") ? value : `http://${value}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === "") {
    throw new AgentError(
      "setting-invalid",
      `${origin} is not the address of an HTTP proxy, such as http://proxy.example.com:3128. Correct it, or set proxy to none.`,
    );
  }
  return { origin: url.origin, authorization: basic(url) };
}

/** RFC 7617 */
function basic({ username, password }: URL): Secret | undefined {
  if (username === "") return undefined;
  const pair = `${unescaped(username)}:${unescaped(password)}`;
  return new Secret(`Basic ${Buffer.from(pair).toString("base64")}`);
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (thrown) {
    // A bare percent sign in a password that nobody encoded.
    if (thrown instanceof URIError) return text;
    throw thrown;
  }
}

/** Without brackets and final dots, in lower case. */
function bareHost(url: URL): string {
  return url.hostname
    .toLowerCase()
    .replace(/^\[|\]$/g, "")
    .replace(/\.+$/, "");
}

function isLoopback(host: string): boolean {
  return (
    host === "localhost" || host.endsWith(".localhost") || contains("127.0.0.0/8", host) || contains("::1/128", host)
  );
}

/** Whether an entry of NO_PROXY is for this host and port. */
function excepts(entry: string, host: string, port: string): boolean {
  if (entry === "*") return true;
  if (entry.includes("/")) return contains(entry, host);
  const [, bracketed, plain, entryPort] = /^(?:\[([^\]]*)\]|([^:]*|.*:.*:.*?))(?::(\d+))?$/.exec(entry) ?? [];
  if (entryPort !== undefined && entryPort !== port) return false;
  const name = bracketed ?? plain ?? "";
  const family = net().isIP(name);
  if (family !== 0) return contains(`${name}/${family === 4 ? 32 : 128}`, host);
  const domain = name.replace(/^\*?\./, "").replace(/\.+$/, "");
  return domain !== "" && (host === domain || host.endsWith(`.${domain}`));
}

function contains(range: string, host: string): boolean {
  const [, address = "", bits = ""] = /^(.+)\/(\d{1,3})$/.exec(range) ?? [];
  const { BlockList, isIP } = net();
  const family = isIP(address);
  const hostFamily = isIP(host);
  if (family === 0 || hostFamily === 0 || Number(bits) > (family === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  list.addSubnet(address, Number(bits), family === 4 ? "ipv4" : "ipv6");
  return list.check(host, hostFamily === 4 ? "ipv4" : "ipv6");
}

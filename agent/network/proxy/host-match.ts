/** Not imported: a bundle would load it at every start. */
const net = () => process.getBuiltinModule("node:net");

/** A URL's host without brackets and final dots, in lower case. */
export function bareHost(url: URL): string {
  return url.hostname
    .toLowerCase()
    .replace(/^\[|\]$/g, "")
    .replace(/\.+$/, "");
}

/** A URL's port, or its scheme's. */
export function portOf(url: URL): string {
  return url.port || (url.protocol === "https:" ? "443" : "80");
}

/** Whether a host is this machine itself. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || isIn("127.0.0.0/8", host) || isIn("::1/128", host);
}

/** Whether a host is an address inside a CIDR range; false for names and malformed ranges. */
export function isIn(range: string, host: string): boolean {
  const { BlockList, isIP } = net();
  const [, address = "", bits = ""] = /^(.+)\/(\d{1,3})$/.exec(range) ?? [];
  const [family, hostFamily] = [isIP(address), isIP(host)];
  if (family === 0 || hostFamily === 0 || Number(bits) > (family === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  list.addSubnet(address, Number(bits), family === 4 ? "ipv4" : "ipv6");
  return list.check(host, hostFamily === 4 ? "ipv4" : "ipv6");
}

/**
 * Whether an entry of NO_PROXY is for this host and port: `*`, a name with its subdomains, an IP address or a CIDR
 * range, each perhaps with a port.
 * @param entry in lower case
 */
export function excepts(entry: string, host: string, port: string): boolean {
  const exception = parseException(entry);
  if (exception === undefined || (exception.port !== undefined && exception.port !== port)) return false;
  const { range, domain } = exception;
  if (range !== undefined) return isIn(range, host);
  return domain === "*" || host === domain || host.endsWith(`.${domain}`);
}

/** @returns undefined for an entry that is for no host, such as `10.77.` or `10.77.0.*`; a port for no range */
export function parseException(entry: string): { range?: string; domain?: string; port?: string } | undefined {
  if (entry === "*") return { domain: entry };
  if (isIn(entry, entry.replace(/\/.*/, ""))) return { range: entry };
  const [, bracketed, plain = "", port] = /^(?:\[([^\]]*)\]|([^:]*|.*:.*:.*?))(?::(\d+))?$/.exec(entry) ?? [];
  const name = bracketed ?? plain;
  const family = net().isIP(name);
  const ofPort = port === undefined ? {} : { port };
  if (family !== 0) return { range: `${name}/${family === 4 ? 32 : 128}`, ...ofPort };
  const domain = name.replace(/^\*?\./, "").replace(/\.+$/, "");
  const isName = /^(?:[\w-]+\.)*(?!\d+$)[\w-]+$/.test(domain);
  return isName ? { domain, ...ofPort } : undefined;
}

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
  const [, address = "", bits = ""] = /^(.+)\/(\d{1,3})$/.exec(range) ?? [];
  const { BlockList, isIP } = net();
  const family = isIP(address);
  const hostFamily = isIP(host);
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
  if (entry === "*") return true;
  if (entry.includes("/")) return isIn(entry, host);
  const [, bracketed, plain, entryPort] = /^(?:\[([^\]]*)\]|([^:]*|.*:.*:.*?))(?::(\d+))?$/.exec(entry) ?? [];
  if (entryPort !== undefined && entryPort !== port) return false;
  const name = bracketed ?? plain ?? "";
  const family = net().isIP(name);
  if (family !== 0) return isIn(`${name}/${family === 4 ? 32 : 128}`, host);
  const domain = name.replace(/^\*?\./, "").replace(/\.+$/, "");
  return domain !== "" && (host === domain || host.endsWith(`.${domain}`));
}

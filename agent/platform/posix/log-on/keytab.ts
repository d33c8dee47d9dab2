/** A file of keys for Kerberos. */
export interface Keytab {
  readonly path: string;
  readonly content: Buffer;
}

/**
 * Reads the principals of a keytab (MIT's "Keytab file format", version 2), each once, in the order of the file. It has
 * keys, which are not read.
 * @returns as krb5_parse_name(3) reads them: `HOST$@REALM`, `host/host.example.com@REALM`; none if it is no keytab
 */
export function principalsOf(keytab: Buffer): readonly string[] {
  const found = new Set<string>();
  if (keytab.length < 2 || keytab.readUInt16BE(0) !== version) return [];
  for (let at = 2; at + 4 <= keytab.length; ) {
    const size = keytab.readInt32BE(at);
    at += 4;
    // A negative size is that of a hole.
    if (size === 0) break;
    if (size > 0) {
      const principal = readPrincipal(keytab.subarray(at, at + size));
      if (principal !== undefined) found.add(principal);
    }
    at += Math.abs(size);
  }
  return [...found];
}

const version = 0x0502;

function readPrincipal(entry: Buffer): string | undefined {
  let at = 2;
  const counted = (): string => {
    const length = entry.readUInt16BE(at);
    if (at + 2 + length > entry.length) throw new RangeError("the entry ends");
    const text = entry.toString("utf8", at + 2, at + 2 + length);
    at += 2 + length;
    return text.replace(/[\\/@]/g, "\\$&");
  };
  try {
    const components = entry.readUInt16BE(0);
    const realm = counted();
    const names = Array.from({ length: components }, counted);
    return names.length === 0 ? undefined : `${names.join("/")}@${realm}`;
  } catch (thrown) {
    if (thrown instanceof RangeError) return undefined;
    throw thrown;
  }
}

/**
 * Which of a keytab's principals is the machine's own account: in a directory's keytab the one that ends with `$`,
 * because only that one can get tickets; in others that of the service `host`. Those with this machine's name come
 * first.
 * @param hostName with or without its domain
 */
export function machineAccount(principals: readonly string[], hostName: string): string | undefined {
  const [host = "", ...domain] = hostName.toLowerCase().split(".");
  const ofHost = [host, [host, ...domain].join(".")];
  const ranks: readonly ((name: string) => boolean)[] = [
    (name) => name === `${host}$`,
    // NetBIOS names have at most 15 characters.
    (name) => name === `${host.slice(0, 15)}$`,
    (name) => name.endsWith("$") && !name.includes("/"),
    (name) => ofHost.some((one) => name === `host/${one}`),
    (name) => name.startsWith("host/"),
  ];
  // Each Mac has its own KDC, whose keys are useless elsewhere.
  const ofDomain = principals.filter((one) => !one.includes("@LKDC:"));
  for (const fits of ranks) {
    const principal = ofDomain.find((one) => fits(one.slice(0, one.lastIndexOf("@")).toLowerCase()));
    if (principal !== undefined) return principal;
  }
  return undefined;
}

declare const macBrand: unique symbol;

/**
 * A MAC address (IEEE 802 EUI-48) as the API's documentation writes it: lower case with colons, `00:0c:29:f2:7a:29`.
 */
export type Mac = string & { readonly [macBrand]: true };

/** Takes `00:0C:29:F2:7A:29`, `00-0c-29-f2-7a-29`, `000c.29f2.7a29` and `000c29f27a29`; undefined for anything else. */
export function parseMac(text: string): Mac | undefined {
  const forms =
    /^(?:[0-9a-f]{2}(?::[0-9a-f]{2}){5}|[0-9a-f]{2}(?:-[0-9a-f]{2}){5}|[0-9a-f]{4}(?:\.[0-9a-f]{4}){2}|[0-9a-f]{12})$/i;
  if (!forms.test(text)) return undefined;
  const digits = text.replace(/[^0-9a-f]/gi, "").toLowerCase();
  return digits.replace(/..(?=.)/g, "$&:") as Mac;
}

/** @param octets exactly six, as the operating system stores them @returns undefined if they are no address */
export function macFromOctets(octets: Uint8Array): Mac | undefined {
  const mac = octets.length === 6 ? parseMac(Buffer.from(octets).toString("hex")) : undefined;
  return mac === undefined || isVoid(mac) ? undefined : mac;
}

const firstOctet = (mac: Mac): number => Number.parseInt(mac.slice(0, 2), 16);

/** All zeros or all ones: no address at all. */
export const isVoid = (mac: Mac): boolean => mac === "00:00:00:00:00:00" || mac === "ff:ff:ff:ff:ff:ff";

/** Group addresses (I/G bit, IEEE 802-2014 8.2.2) belong to no single adapter. */
export const isMulticast = (mac: Mac): boolean => (firstOctet(mac) & 0x01) !== 0;

/**
 * Made up by software rather than assigned by a maker (U/L bit): virtual machines, randomised Wi-Fi, docks'
 * pass-through.
 */
export const isLocallyAdministered = (mac: Mac): boolean => (firstOctet(mac) & 0x02) !== 0;

/** How an adapter got its address. One that differs from the burnt-in one, but is no random one, was set by hand. */
export function assignmentOf(inUse: Mac | undefined, burntIn: Mac | undefined) {
  if (inUse === undefined || burntIn === undefined) return "unknown";
  if (inUse === burntIn) return "permanent";
  return isLocallyAdministered(inUse) ? "random" : "set";
}

import { absent, found, type Reading } from "../reading.ts";

declare const deviceIdBrand: unique symbol;

/**
 * A hardware ID (HWID) in the form in which it is sent: an RFC 9562 UUID in lower case, or 32 lower-case hex digits.
 */
export type DeviceId = string & { readonly [deviceIdBrand]: true };

/**
 * UUIDs that makers leave in firmware instead of a unique one, seen in dmidecode reports and in device inventories:
 * two machines with the same one would be taken for each other.
 */
const placeholders: ReadonlySet<string> = new Set([
  "03000200-0400-0500-0006-000700080009",
  "00020003-0004-0005-0006-000700080009",
  "12345678-1234-5678-90ab-cddeefaabbcc",
  "12345678-1234-1234-1234-123456789abc",
  "fefefefe-fefe-fefe-fefe-fefefefefefe",
]);

/** What a text in the place of an identifier is. */
export type ParsedDeviceId =
  | { readonly kind: "valid"; readonly id: DeviceId }
  | { readonly kind: "placeholder"; readonly reason: string }
  | { readonly kind: "malformed" };

/**
 * Reads an SMBIOS system UUID (DMTF DSP0134 7.2.1), an IOPlatformUUID or a machine GUID in its text form, braces
 * allowed. A value that many machines share (all digits alike, a maker's placeholder) is told as such.
 */
export function parseUuid(text: string): ParsedDeviceId {
  const match = /^\{?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\}?$/i.exec(text.trim());
  const uuid = match?.[1]?.toLowerCase();
  if (uuid === undefined) return { kind: "malformed" };
  const shared = sharedReason(uuid);
  return shared === undefined ? { kind: "valid", id: uuid as DeviceId } : { kind: "placeholder", reason: shared };
}

/** Reads 32 hex digits: the vendor client's device ID, or a systemd machine ID (machine-id(5)). */
export function parseHexId(text: string): ParsedDeviceId {
  const digits = text.trim().toLowerCase();
  if (!/^[0-9a-f]{32}$/.test(digits)) return { kind: "malformed" };
  const shared = sharedReason(digits);
  return shared === undefined ? { kind: "valid", id: digits as DeviceId } : { kind: "placeholder", reason: shared };
}

/** What a source's text comes to: one that is no identifier is `absent`, so that the next source is asked. */
export function deviceIdReading(parsed: ParsedDeviceId, origin: string): Reading<DeviceId> {
  if (parsed.kind === "valid") return found(parsed.id, origin);
  return absent(origin, parsed.kind === "placeholder" ? parsed.reason : "holds no identifier");
}

function sharedReason(id: string): string | undefined {
  const digits = id.replaceAll("-", "");
  if (/^(.)\1*$/.test(digits)) return `all digits are ${digits[0]}, a placeholder`;
  const grouped = digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  if (placeholders.has(grouped)) return "a placeholder that makers leave in firmware";
  return undefined;
}

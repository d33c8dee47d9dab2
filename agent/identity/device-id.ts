import { absent, found, type Reading } from "../reading.ts";
import { sharedUuidReason } from "./device/shared-uuids.ts";

declare const deviceIdBrand: unique symbol;

/**
 * A hardware ID (HWID) in the form in which it is sent: an RFC 9562 UUID in lower case, 32 lower-case hex digits, or the
 * vendor client's device ID as the client spells it.
 */
export type DeviceId = string & { readonly [deviceIdBrand]: true };

/** The kinds of text found in the place of an identifier. */
export type ParsedDeviceId =
  | { readonly kind: "valid"; readonly id: DeviceId }
  | { readonly kind: "placeholder"; readonly reason: string }
  | { readonly kind: "malformed" };

/**
 * Reads an SMBIOS system UUID (DMTF DSP0134 7.2.1), an IOPlatformUUID or a machine GUID in its text form, braces
 * allowed. A value that many machines share (`shared-uuids.ts`) is a placeholder.
 */
export function parseUuid(text: string): ParsedDeviceId {
  const match = /^\{?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\}?$/i.exec(text.trim());
  const uuid = match?.[1]?.toLowerCase();
  return uuid === undefined ? { kind: "malformed" } : unlessShared(uuid);
}

/** Reads 32 hex digits, such as a systemd machine ID (machine-id(5)). */
export function parseHexId(text: string): ParsedDeviceId {
  const digits = text.trim().toLowerCase();
  return /^[0-9a-f]{32}$/.test(digits) ? unlessShared(digits) : { kind: "malformed" };
}

/** Words that programs write in place of a missing ID and that have an ID's form. */
const noId = /^(?:undefined|unavailable|unspecified|not-?(?:available|found|set|applicable)|unknown-?(?:id|device))$/i;

/**
 * Reads the device ID of the vendor's client, which is opaque: 8 to 64 letters, digits and dashes, case kept. Seen were
 * 32 lower-case hex digits and 16 upper-case letters and digits.
 */
export function parseVendorId(text: string): ParsedDeviceId {
  const id = text.trim();
  if (!/^[A-Za-z0-9-]{8,64}$/.test(id) || noId.test(id)) return { kind: "malformed" };
  if (/^(.)\1*$/.test(id)) return { kind: "placeholder", reason: `a placeholder: all characters are ${id[0]}` };
  const digits = id.replaceAll("-", "").toLowerCase();
  return /^[0-9a-f]{32}$/.test(digits) ? unlessShared(id) : { kind: "valid", id: id as DeviceId };
}

/** Reads a source's text: one that is no identifier is `absent`, so that the next source is asked. */
export function deviceIdReading(parsed: ParsedDeviceId, origin: string): Reading<DeviceId> {
  if (parsed.kind === "valid") return found(parsed.id, origin);
  return absent(origin, parsed.kind === "placeholder" ? parsed.reason : "not an identifier");
}

function unlessShared(id: string): ParsedDeviceId {
  const reason = sharedUuidReason(id.replaceAll("-", "").toLowerCase());
  return reason === undefined ? { kind: "valid", id: id as DeviceId } : { kind: "placeholder", reason };
}

/** The machine's identity in the firmware's tables. */
export interface Smbios {
  /** The system's UUID as text, upper or lower case as it comes; undefined if there is no system table. */
  readonly uuid: string | undefined;
}

const headerLength = 8;
const systemInformation = 1;
const endOfTable = 127;
const uuidOffset = 0x08;
/** From this version on the first three fields of a UUID are little-endian (DSP0134 7.2.1). */
const littleEndianSince = 0x0206;

/**
 * Reads RawSMBIOSData as `GetSystemFirmwareTable('RSMB')` gives it: the version at +1 and +2, the tables' length at +4,
 * the tables from +8; each table has a type, a length and its fields, then strings up to an empty one (DSP0134 6.1).
 * @returns undefined if the bytes are no such data
 */
export function parseSmbios(raw: Buffer): Smbios | undefined {
  if (raw.length < headerLength) return undefined;
  const version = raw.readUInt16BE(1);
  const end = headerLength + raw.readUInt32LE(4);
  if (end > raw.length) return undefined;
  const tables = raw.subarray(headerLength, end);
  for (let start = 0; start + 4 <= tables.length; ) {
    const type = tables[start] ?? endOfTable;
    const length = tables[start + 1] ?? 0;
    if (length < 4 || start + length > tables.length || type === endOfTable) break;
    if (type === systemInformation && length >= uuidOffset + 16) {
      const uuid = tables.subarray(start + uuidOffset, start + uuidOffset + 16);
      return { uuid: formatUuid(uuid, version >= littleEndianSince) };
    }
    const next = tables.indexOf("\0\0", start + length, "latin1");
    if (next < 0) break;
    start = next + 2;
  }
  return { uuid: undefined };
}

/** @param littleEndian whether the first three fields are */
export function formatUuid(bytes: Buffer, littleEndian: boolean): string {
  const fields = [bytes.subarray(0, 4), bytes.subarray(4, 6), bytes.subarray(6, 8)].map((field) =>
    littleEndian ? Buffer.from(field).reverse() : field,
  );
  return [...fields, bytes.subarray(8, 10), bytes.subarray(10, 16)].map((field) => field.toString("hex")).join("-");
}

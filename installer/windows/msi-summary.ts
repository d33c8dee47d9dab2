import { readFileSync, writeFileSync } from "node:fs";

interface Summary {
  /** GUID without braces. */
  readonly packageCode: string;
  /** Seconds since the epoch. */
  readonly sourceDate: number;
}

/** VT_FILETIME, the type before each time in a property set ([MS-OLEPS] 2.15). */
const timeType = Buffer.from([0x40, 0, 0, 0]);
/** From 1601, as Windows counts, to 1970, in seconds. */
const windowsEpoch = 11_644_473_600n;

/**
 * Sets the package code and the two times of a package's summary, which wixl takes from chance and the clock. They have
 * a fixed size and are replaced where they stand.
 * @throws Error where they are not where wixl puts them
 */
export function setSummary(msi: string, { packageCode, sourceDate }: Summary): void {
  const bytes = readFileSync(msi);
  const guid = /\{[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}\}/g;
  // The database itself keeps its text in one pool without a zero after each.
  const codes = [...bytes.toString("latin1").matchAll(guid)].filter(
    ({ index }) =>
      bytes[index + 38] === 0 && bytes.readUInt32LE(index - 4) === 39 && bytes.readUInt32LE(index - 8) === 30,
  );
  const [code] = codes;
  if (code === undefined || codes.length > 1) throw new Error(`${msi} has ${codes.length} package codes`);
  bytes.write(`{${packageCode}}`, code.index, "latin1");

  let at = code.index;
  for (const which of ["creation", "last save"]) {
    at = bytes.indexOf(timeType, at);
    if (at < 0 || at > code.index + 128) throw new Error(`${msi} has no time of its ${which}`);
    bytes.writeBigUInt64LE((BigInt(sourceDate) + windowsEpoch) * 10_000_000n, at + 4);
    at += 12;
  }
  writeFileSync(msi, bytes);
}

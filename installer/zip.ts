import { strToU8, zipSync } from "fflate";

export interface ZippedFile {
  readonly name: string;
  /** POSIX mode bits, which unzip(1) restores. */
  readonly mode: number;
  readonly text: string;
}

/** APPNOTE.TXT 4.4.2.2: the attributes are those of a Unix file, in their upper half; 0o100000 is a regular one. */
const unix = 3;
const regularFile = 0o100000;

/** 1980-01-01, where the format's years begin; in seconds since 1970. */
const firstDay = 315_532_800;

/**
 * A zip archive; the same files give the same bytes.
 * @param sourceDate seconds since 1970: the day that all files carry, at the earliest in 1980
 */
export function zip(files: readonly ZippedFile[], sourceDate: number): Uint8Array {
  const date = new Date(Math.max(sourceDate, firstDay) * 1000);
  // The format keeps local time. Noon is on the same day everywhere, and nowhere skipped by summer time.
  const mtime = new Date(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate(), 12);
  return zipSync(
    Object.fromEntries(
      files.map(({ name, mode, text }) => [
        name,
        [strToU8(text), { mtime, os: unix, attrs: (regularFile | mode) * 0x1_0000 }],
      ]),
    ),
  );
}

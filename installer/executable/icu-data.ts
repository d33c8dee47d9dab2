import type { FilePart } from "./elf/elf-image.ts";

/**
 * Removes ICU's data for languages other than English and for outdated character sets from Node. Gain: 30 MB.
 * Relies on: ICU's format of it (icu4c/source/common/ucmndata.h). Check: exactly one place with the start of such data,
 * and each name of `kept`.
 */
export const dataStart = Buffer.from("9000da271400000000000200436d6e4401000000", "hex");

/**
 * Kept: the root locale and English, code points' properties, normalization, collation's root, time zones.
 * Normalization to NFC and NFD and the mapping of case are not in this data but in ICU's code.
 */
const kept = new Set(
  `en.res en_US.res root.res pool.res res_index.res metadata.res supplementalData.res langInfo.res keyTypeData.res
  numberingSystems.res plurals.res pluralRanges.res dayPeriods.res genderList.res grammaticalFeatures.res units.res
  icustd.res icuver.res currencyNumericCodes.res metaZones.res timezoneTypes.res windowsZones.res zoneinfo64.res
  cnvalias.icu uemoji.icu ulayout.icu uts46.nrm nfkc.nrm nfkc_cf.nrm nfkc_scf.nrm
  coll/en.res coll/root.res coll/res_index.res coll/ucadata.icu
  curr/en.res curr/root.res curr/pool.res curr/res_index.res curr/supplementalData.res
  lang/en.res lang/root.res lang/pool.res lang/res_index.res
  region/en.res region/root.res region/pool.res region/res_index.res
  unit/en.res unit/root.res unit/pool.res unit/res_index.res
  zone/en.res zone/root.res zone/pool.res zone/res_index.res zone/tzdbNames.res`.split(/\s+/),
);

/**
 * Puts the smaller data in place of Node's.
 * @returns the part of the file that then has only zeros, which nothing reads
 */
export function trimIcuData(image: Buffer): FilePart {
  const offset = image.indexOf(dataStart);
  if (offset === -1 || image.indexOf(dataStart, offset + 1) !== -1) {
    throw new Error("Node's binary does not hold ICU's data exactly once");
  }
  // Up to the last item, a small one of another language: nothing says where it ends.
  const body = offset + dataStart.readUInt16LE(0);
  const size = body + image.readUInt32LE(body + 8 * image.readUInt32LE(body)) - offset;
  const data = image.subarray(offset, offset + size);
  const trimmed = selectItems(data, kept);
  data.fill(0);
  trimmed.copy(data);
  return { offset: offset + trimmed.length, size: size - trimmed.length };
}

interface Item {
  /** With the data's own name and a slash before it. */
  readonly name: string;
  readonly content: Buffer;
}

/**
 * The same data with some of its items.
 * @param names without the data's own name; all of them must exist
 */
export function selectItems(data: Buffer, names: ReadonlySet<string>): Buffer {
  const headerSize = data.readUInt16LE(0);
  if (data.readUInt16LE(2) !== 0x27da || data.toString("latin1", 12, 16) !== "CmnD") {
    throw new Error("ICU's data in Node's binary does not have the expected form");
  }
  const body = data.subarray(headerSize);
  const count = body.readUInt32LE(0);
  const startOf = (index: number): number => (index < count ? body.readUInt32LE(8 + 8 * index) : body.length);
  const items = Array.from({ length: count }, (_, index): Item => {
    const nameAt = body.readUInt32LE(4 + 8 * index);
    const name = body.toString("latin1", nameAt, body.indexOf(0, nameAt));
    return { name, content: body.subarray(startOf(index), startOf(index + 1)) };
  }).filter(({ name }) => names.has(name.slice(name.indexOf("/") + 1)));
  if (items.length !== names.size) throw new Error(`ICU's data has ${items.length} of the ${names.size} items to keep`);
  return Buffer.concat([data.subarray(0, headerSize), tableOf(items), ...items.map(({ content }) => content)]);
}

/** The table of contents: offsets of names and contents, then the names, up to a multiple of 16 bytes. */
function tableOf(items: readonly Item[]): Buffer {
  const namesAt = 4 + 8 * items.length;
  const names = Buffer.from(items.map(({ name }) => `${name}\0`).join(""), "latin1");
  const table = Buffer.alloc(Math.ceil((namesAt + names.length) / 16) * 16, 0xaa);
  names.copy(table, namesAt);
  table.writeUInt32LE(items.length, 0);
  let nameAt = namesAt;
  let contentAt = table.length;
  for (const [index, { name, content }] of items.entries()) {
    table.writeUInt32LE(nameAt, 4 + 8 * index);
    table.writeUInt32LE(contentAt, 8 + 8 * index);
    nameAt += name.length + 1;
    contentAt += content.length;
  }
  return table;
}

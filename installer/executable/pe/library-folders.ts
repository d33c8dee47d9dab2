import { readFileSync, writeFileSync } from "node:fs";

/**
 * Offsets in a Windows executable (PE32+, winnt.h): from the file's start to its PE header, in the PE header, and in
 * IMAGE_LOAD_CONFIG_DIRECTORY64.
 */
const peHeaderAt = 0x3c;
const pe = { signature: "PE\0\0", sectionCount: 6, optionalHeaderSize: 20, optionalHeader: 24 } as const;
const pe32Plus = 0x20b;
const loadConfigEntry = 112 + 8 * 10;
const section = { size: 40, virtualSize: 8, virtualAddress: 12, fileOffset: 20 } as const;
const dependentLoadFlags = 78;

/** LOAD_LIBRARY_SEARCH_SYSTEM32 */
const system32Alone = 0x800;

/**
 * Makes Windows search an executable's libraries only in System32. Otherwise Windows searches the executable's own
 * folder first, and an account that can write there controls the code of every run.
 */
export function loadFromSystemAlone(executable: string): void {
  const image = readFileSync(executable);
  image.writeUInt16LE(system32Alone, loadFlagsAt(image));
  writeFileSync(executable, image);
}

/** @throws Error where the image has no load configuration, or one too short for this field */
export function loadFlagsAt(image: Buffer): number {
  const header = image.readUInt32LE(peHeaderAt);
  const optional = header + pe.optionalHeader;
  if (image.toString("latin1", header, header + 4) !== pe.signature || image.readUInt16LE(optional) !== pe32Plus) {
    throw new Error("not a 64-bit executable of Windows");
  }
  const address = image.readUInt32LE(optional + loadConfigEntry);
  const sections = optional + image.readUInt16LE(header + pe.optionalHeaderSize);
  for (let index = 0; index < image.readUInt16LE(header + pe.sectionCount); index += 1) {
    const at = sections + index * section.size;
    const distance = address - image.readUInt32LE(at + section.virtualAddress);
    if (distance < 0 || distance >= image.readUInt32LE(at + section.virtualSize)) continue;
    const config = image.readUInt32LE(at + section.fileOffset) + distance;
    if (image.readUInt32LE(config) >= dependentLoadFlags + 2) return config + dependentLoadFlags;
  }
  throw new Error("the executable has no load configuration with DependentLoadFlags");
}

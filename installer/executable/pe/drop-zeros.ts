import { NtExecutable } from "resedit";
import type { FilePart } from "../elf/elf-image.ts";

type Section = ReturnType<NtExecutable["getAllSections"]>[number];

/**
 * Takes a part with zeros out of a Windows executable. The section around it becomes two, and Windows fills the rest of
 * the first one's addresses with zeros, so all addresses stay. Node's signature, which no longer fits, is dropped.
 * @throws Error where the part has other bytes, or is in no section
 */
export function dropZeros(image: Buffer, { offset, size }: FilePart): Buffer {
  const executable = NtExecutable.from(image, { ignoreCert: true });
  // Declared as read-only, but the object's own.
  const sections = executable.getAllSections() as Section[];
  const index = sections.findIndex(
    ({ info }) => info.pointerToRawData <= offset && offset + size <= info.pointerToRawData + info.sizeOfRawData,
  );
  const whole = sections[index];
  if (!whole?.data) throw new Error("The bytes to drop are in no section of the executable");
  const { info, data } = whole;
  const page = executable.getSectionAlignment();
  const from = Math.ceil((offset - info.pointerToRawData) / page) * page;
  const to = Math.floor((offset + size - info.pointerToRawData) / page) * page;
  if (Buffer.from(data, from, to - from).some((byte) => byte !== 0)) throw new Error("The bytes to drop are in use");
  const first = { info: { ...info, virtualSize: to, sizeOfRawData: from }, data: data.slice(0, from) };
  const second = {
    info: {
      ...info,
      virtualAddress: info.virtualAddress + to,
      virtualSize: info.virtualSize - to,
      // As before the cut: the loop below moves it.
      pointerToRawData: info.pointerToRawData + to,
      sizeOfRawData: info.sizeOfRawData - to,
    },
    data: data.slice(to),
  };
  sections.splice(index, 1, first, second);
  for (const { info } of sections.slice(index + 1)) info.pointerToRawData -= to - from;
  executable.newHeader.fileHeader.numberOfSections = sections.length;
  return Buffer.from(executable.generate());
}

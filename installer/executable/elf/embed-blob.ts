import { readFileSync, writeFileSync } from "node:fs";
import type { StartPages } from "../snapshot/start-pages.ts";
import {
  type ElfSegment,
  type FilePart,
  readSegments,
  segmentEntrySize,
  segmentTypes,
  writeSegments,
} from "./elf-image.ts";

const fuse = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2:0";
const noteName = "NODE_SEA_BLOB\0";
/** The table of segments may grow to here: over the interpreter's name, which is moved, and Node's own notes. */
const headersEnd = 0x340;

const readOnly = 4;
const pageOf = (segments: readonly ElfSegment[]): number => Math.max(...segments.map(({ alignment }) => alignment));

/** Behind all that the runtime has in memory. */
function addressOfNote(segments: readonly ElfSegment[]): number {
  const top = Math.max(...segments.map(({ address, memorySize }) => address + memorySize));
  const page = pageOf(segments);
  return Math.ceil((top + 0x100000) / page) * page;
}

/** @throws Error where Node's first segment is not one for reading alone */
export function startPagesOf(node: Buffer): StartPages {
  const loads = readSegments(node).filter(({ type }) => type === segmentTypes.load);
  const [first] = loads;
  if (first?.flags !== readOnly) throw new Error("Node's first segment is not read-only");
  return { tables: first.address, tablesSize: first.fileSize, note: addressOfNote(loads) };
}

/** Writes the executable that {@link withBlob} makes of a runtime. */
export function embedBlob(runtime: string, blob: Buffer, executable: string, unused?: FilePart): void {
  writeFileSync(executable, withBlob(readFileSync(runtime), blob, unused), { mode: 0o755 });
}

/**
 * Makes a stripped Node a single executable application, as postject does, but leaves all of Node where it is: the blob
 * becomes a note in a segment of its own at the end. Data after the segments (names of sections) is dropped. Relies on:
 * `node::sea` looking for a note of the name NODE_SEA_BLOB, and the fuse.
 * @param unused a part of the file with zeros that nothing reads; its whole pages are removed
 * @throws Error where Node's binary isn't as expected
 */
export function withBlob(node: Buffer, blob: Buffer, unused?: FilePart): Buffer {
  const loads = readSegments(node).filter(({ type }) => type === segmentTypes.load);
  const page = pageOf(loads);
  const upToPage = (value: number): number => Math.ceil(value / page) * page;
  const end = Math.max(...loads.map(({ offset, fileSize }) => offset + fileSize));
  const cut = cutPages(node.subarray(0, end), page, readSegments(node), unused);

  const place = cut.image.indexOf(fuse);
  if (place === -1 || cut.image.indexOf(fuse, place + 1) !== -1)
    throw new Error("Node's binary does not have exactly one SEA fuse");
  cut.image.write("1", place + fuse.length - 1, "latin1");
  // No table of sections.
  cut.image.writeBigUInt64LE(0n, 40);
  cut.image.fill(0, 60, 64);

  const interpreter = cut.segments.find(({ type }) => type === segmentTypes.interpreter);
  if (interpreter === undefined) throw new Error("Node's binary names no interpreter");
  const { offset, fileSize } = interpreter;
  const interpreterName = Buffer.from(cut.image.subarray(offset, offset + fileSize));
  const note = noteOf(blob);
  const at = upToPage(cut.image.length);
  const address = addressOfNote(loads);
  Object.assign(interpreter, { offset: at + note.length, address: address + note.length });

  const added = { flags: readOnly, offset: at, address };
  const loaded = note.length + interpreterName.length;
  const load = { ...added, type: segmentTypes.load, fileSize: loaded, memorySize: loaded, alignment: page };
  const noted = { ...added, type: segmentTypes.note, fileSize: note.length, memorySize: note.length, alignment: 4 };
  const dropped: readonly number[] = [segmentTypes.note, segmentTypes.headers];
  const kept = cut.segments.filter(({ type }) => !dropped.includes(type));
  // Loaded segments are ordered by address.
  const lastLoad = kept.findLastIndex(({ type }) => type === segmentTypes.load);
  const segments: readonly ElfSegment[] = [...kept.slice(0, lastLoad + 1), load, ...kept.slice(lastLoad + 1), noted];
  if (64 + segments.length * segmentEntrySize > headersEnd) throw new Error("Node's binary has no room for segments");
  writeSegments(cut.image, segments);
  return Buffer.concat([cut.image, Buffer.alloc(at - cut.image.length), note, interpreterName]);
}

/** Makes Node look for a blob in itself. @throws Error if it has not exactly one such switch */
export function lightFuse(image: Buffer): void {
  const place = image.indexOf(fuse);
  if (place === -1 || image.indexOf(fuse, place + 1) !== -1) throw new Error("Node's binary has not one SEA fuse");
  image.write("1", place + fuse.length - 1, "latin1");
}

function noteOf(blob: Buffer): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt32LE(noteName.length, 0);
  head.writeUInt32LE(blob.length, 4);
  const padding = (length: number): Buffer => Buffer.alloc(-length & 3);
  const name = Buffer.from(noteName, "latin1");
  return Buffer.concat([head, name, padding(name.length), blob, padding(blob.length)]);
}

/** Takes pages out of the file and splits the segment that loads them; all addresses stay. */
function cutPages(image: Buffer, page: number, segments: ElfSegment[], unused: FilePart | undefined) {
  if (unused === undefined) return { image: Buffer.from(image), segments };
  const from = Math.ceil(unused.offset / page) * page;
  const to = Math.floor((unused.offset + unused.size) / page) * page;
  if (!image.subarray(from, to).equals(Buffer.alloc(to - from))) throw new Error("The bytes to cut out are in use");
  const index = segments.findIndex(
    ({ type, offset, fileSize }) => type === segmentTypes.load && offset <= from && to <= offset + fileSize,
  );
  const whole = segments[index];
  if (whole === undefined) throw new Error("The bytes to cut out are in no segment");
  const before = from - whole.offset;
  const first = { ...whole, fileSize: before, memorySize: before };
  const behind = to - whole.offset;
  const second = {
    ...whole,
    offset: from,
    address: whole.address + behind,
    fileSize: whole.fileSize - behind,
    memorySize: whole.memorySize - behind,
  };
  const moved = segments.map((one) => (one.offset >= to ? { ...one, offset: one.offset - (to - from) } : one));
  return {
    image: Buffer.concat([image.subarray(0, from), image.subarray(to)]),
    segments: moved.toSpliced(index, 1, first, second),
  };
}

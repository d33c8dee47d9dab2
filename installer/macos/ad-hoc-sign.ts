import { readFileSync, writeFileSync } from "node:fs";
import { adHocSignature, signatureSize, verifyPages } from "./code-directory.ts";
import { addSignatureCommand, parseMachO, resizeSegment } from "./mach-o.ts";

/** The signature begins and ends at a multiple of this. */
const alignment = 16;
const aligned = (size: number): number => Math.ceil(size / alignment) * alignment;

/**
 * Signs an executable for labs: Apple silicon starts no unsigned code; it accepts an ad-hoc signature unless the file
 * came by browser or mail (quarantine). For real Macs it is signed again, see `sign-and-package.sh`.
 * @throws Error where it is signed already or can't be
 */
export function signFileAdHoc(executable: string, identifier: string): void {
  const signed = signAdHoc(readFileSync(executable), identifier);
  verifyPages(signed);
  writeFileSync(executable, signed);
}

/** @returns the signed image; the given one is left as it is */
export function signAdHoc(image: Buffer, identifier: string): Buffer {
  const machO = parseMachO(image);
  if (machO.signature !== undefined) throw new Error("the executable is signed already");
  const linkEdit = machO.segments.find(({ name }) => name === "__LINKEDIT");
  const text = machO.segments.find(({ name }) => name === "__TEXT");
  if (linkEdit === undefined || text === undefined)
    throw new Error("the executable has no __TEXT or __LINKEDIT segment");
  const codeLimit = aligned(image.length);
  const room = aligned(signatureSize(codeLimit, identifier));
  const signed = Buffer.alloc(codeLimit + room);
  image.copy(signed);
  // The headers are on the first page, so they have to be final before it is hashed.
  resizeSegment(signed, linkEdit, signed.length - linkEdit.fileOffset);
  addSignatureCommand(signed, machO, codeLimit, room);
  adHocSignature(signed.subarray(0, codeLimit), identifier, text).copy(signed, codeLimit);
  return signed;
}

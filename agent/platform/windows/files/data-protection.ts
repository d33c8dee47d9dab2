import { crypt32 } from "../native/crypt32.ts";
import { kernel32 } from "../native/kernel32.ts";
import { addressOf, bytesAt } from "../native/memory.ts";
import { lastError } from "../native/windows-error.ts";
import { readSealed, sealedDocument } from "./sealed-document.ts";

/** CRYPTPROTECT_UI_FORBIDDEN and CRYPTPROTECT_LOCAL_MACHINE, dpapi.h. */
const flags = { withoutDialog: 0x1, machine: 0x4 } as const;

/** Keeps what was sealed for another program from being taken for this one's; it is no secret. */
const purpose = Buffer.from("linkuser-agent credential");

/**
 * Encrypts with this machine's key (DPAPI). Any program on this machine can decrypt it, so the file's access list is
 * what protects; the encryption makes a copy worthless elsewhere, in a backup or on a stolen disk's image.
 * @throws WindowsError
 */
export function seal(text: string): Buffer {
  const plain = Buffer.from(text);
  try {
    const sealed = callWithBlobs(plain, (data, entropy, out) => {
      const kind = flags.withoutDialog | flags.machine;
      if (crypt32().CryptProtectData(data, null, entropy, null, null, kind, out) === 0)
        throw lastError("CryptProtectData");
    });
    return Buffer.from(sealedDocument(sealed));
  } finally {
    plain.fill(0);
  }
}

/** Whether a file's content is what {@link seal} made. */
export function isSealed(content: Buffer): boolean {
  return readSealed(content) !== undefined;
}

/** @throws WindowsError where it was sealed on another machine, or changed */
export function unseal(content: Buffer): string {
  const sealed = readSealed(content);
  if (sealed === undefined) throw new Error("not a sealed file");
  const plain = callWithBlobs(sealed, (data, entropy, out) => {
    if (crypt32().CryptUnprotectData(data, null, entropy, null, null, flags.withoutDialog, out) === 0) {
      throw lastError("CryptUnprotectData");
    }
  });
  const text = plain.toString("utf8");
  plain.fill(0);
  return text;
}

/** @returns a copy of what the call put into its output blob, whose own memory is freed */
function callWithBlobs(input: Buffer, call: (data: Buffer, entropy: Buffer, out: Buffer) => void): Buffer {
  const out = Buffer.alloc(16);
  call(blobOf(input), blobOf(purpose), out);
  const pointer = out.readBigUInt64LE(8);
  try {
    return bytesAt(pointer, out.readUInt32LE(0));
  } finally {
    kernel32().LocalFree(pointer);
  }
}

/** DATA_BLOB: length at +0, address at +8. */
function blobOf(bytes: Buffer): Buffer {
  const blob = Buffer.alloc(16);
  blob.writeUInt32LE(bytes.length, 0);
  blob.writeBigUInt64LE(addressOf(bytes), 8);
  return blob;
}

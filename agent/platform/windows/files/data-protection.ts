import { constants, layout, readField, structure } from "../../native-layout.ts";
import { owned } from "../../owned.ts";
import { crypt32 } from "../native/crypt32.ts";
import { kernel32 } from "../native/kernel32.ts";
import { addressOf, bytesAt } from "../native/pointers.ts";
import { lastError, WindowsError } from "../native/windows-error.ts";
import { readSealed, sealedDocument } from "./sealed-document.ts";

const flags = constants("dpapi.h", { CRYPTPROTECT_UI_FORBIDDEN: 0x1, CRYPTPROTECT_LOCAL_MACHINE: 0x4 });
const dataBlob = layout("wincrypt.h", "DATA_BLOB", 16, { cbData: [0, "u32"], pbData: [8, "pointer"] });

/** Keeps what was sealed for another program from being taken for this one's; it is no secret. */
const purpose = Buffer.from("linkuser-agent credential");

/**
 * Encrypts with this machine's key (DPAPI). Any program on this machine can decrypt it, so the protection is the file's
 * access list; the encryption makes copies useless elsewhere, as in a backup or a disk image.
 * @throws WindowsError
 */
export function seal(text: string): Buffer {
  const plain = Buffer.from(text);
  try {
    const sealed = callWithBlobs(plain, (data, entropy, out) => {
      const kind = flags.CRYPTPROTECT_UI_FORBIDDEN | flags.CRYPTPROTECT_LOCAL_MACHINE;
      if (crypt32().CryptProtectData(data, null, entropy, null, null, kind, out) === 0)
        throw lastError("CryptProtectData");
    });
    return Buffer.from(sealedDocument(sealed));
  } finally {
    plain.fill(0);
  }
}

/** Whether a file's content is what {@link seal} made. */
export const isSealed = (content: Buffer): boolean => readSealed(content) !== undefined;

/** @throws WindowsError where it was sealed on another machine, or changed */
export function unseal(content: Buffer): string {
  const sealed = readSealed(content);
  if (sealed === undefined) throw new Error("not a sealed file");
  const plain = callWithBlobs(sealed, (data, entropy, out) => {
    if (crypt32().CryptUnprotectData(data, null, entropy, null, null, flags.CRYPTPROTECT_UI_FORBIDDEN, out) === 0) {
      throw lastError("CryptUnprotectData");
    }
  });
  const text = plain.toString("utf8");
  plain.fill(0);
  return text;
}

/** Whether {@link unseal} failed because the bytes can't be decrypted here. */
export function isUnsealing(cause: unknown): cause is WindowsError {
  return cause instanceof WindowsError && cause.call === "CryptUnprotectData";
}

/** @returns a copy of what the call put into its output blob, whose own memory is freed */
function callWithBlobs(input: Buffer, call: (data: Buffer, entropy: Buffer, out: Buffer) => void): Buffer {
  const out = structure(dataBlob, {});
  call(blobOf(input), blobOf(purpose), out);
  using data = owned(readField(dataBlob, "pbData", out), kernel32().LocalFree);
  return bytesAt(data.handle, readField(dataBlob, "cbData", out));
}

const blobOf = (bytes: Buffer): Buffer => structure(dataBlob, { cbData: bytes.length, pbData: addressOf(bytes) });

import { constants } from "../../native-layout.ts";
import { kernel32 } from "./kernel32.ts";

const { CP_OEMCP } = constants("winnls.h", { CP_OEMCP: 1 });

/** The text of bytes in the OEM code page, in which console programs of Windows write to a pipe. */
export function oemText(bytes: Buffer): string {
  if (bytes.length === 0) return "";
  const text = Buffer.alloc(2 * bytes.length);
  const length = kernel32().MultiByteToWideChar(CP_OEMCP, 0, bytes, bytes.length, text, bytes.length);
  return text.toString("utf16le", 0, 2 * length);
}

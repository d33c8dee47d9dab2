import { constants } from "../../native-layout.ts";
import type { Owned } from "../../owned.ts";
import { advapi32 } from "../native/advapi32.ts";
import { fileAccess, fileShare, INVALID_HANDLE_VALUE, kernel32, ownHandle } from "../native/kernel32.ts";
import { dwordIn, dwordSlot, wide } from "../native/pointers.ts";
import { lastError, WindowsError, winError } from "../native/windows-error.ts";
import { parseSecurityDescriptor, type SecurityDescriptor } from "./parse-security.ts";

/** Largest content of a file that is read, bytes. */
const maxSize = 1024 * 1024;

export const fileDisposition = constants("fileapi.h", { CREATE_NEW: 1, OPEN_EXISTING: 3, OPEN_ALWAYS: 4 });

/** What opening a folder needs. */
export const { FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT } = constants("winbase.h", {
  FILE_FLAG_BACKUP_SEMANTICS: 0x0200_0000,
  FILE_FLAG_OPEN_REPARSE_POINT: 0x0020_0000,
});

export const securityInformation = constants("winnt.h", {
  OWNER_SECURITY_INFORMATION: 0x1,
  DACL_SECURITY_INFORMATION: 0x4,
  PROTECTED_DACL_SECURITY_INFORMATION: 0x8000_0000,
});

export const ownerAndDacl =
  securityInformation.OWNER_SECURITY_INFORMATION | securityInformation.DACL_SECURITY_INFORMATION;

/** @throws WindowsError */
export function openHandle(
  path: string,
  rights: number,
  sharing: number,
  flags: number,
  how: number = fileDisposition.OPEN_EXISTING,
  attributes: Buffer | null = null,
): Owned {
  const handle = kernel32().CreateFileW(wide(path), rights, sharing, attributes, how, flags, 0n);
  if (handle === INVALID_HANDLE_VALUE) throw lastError("CreateFileW");
  return ownHandle(handle);
}

const shareAll = fileShare.FILE_SHARE_READ | fileShare.FILE_SHARE_WRITE | fileShare.FILE_SHARE_DELETE;

/** Undefined if nothing is there. @throws WindowsError */
export function securityAt(path: string, flags = 0): SecurityDescriptor | undefined {
  try {
    using file = openHandle(path, fileAccess.READ_CONTROL, shareAll, FILE_FLAG_BACKUP_SEMANTICS | flags);
    return securityOf(file);
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw cause;
  }
}

export function securityOf({ handle }: Owned): SecurityDescriptor {
  const length = dwordSlot();
  advapi32().GetKernelObjectSecurity(handle, ownerAndDacl, null, 0, length);
  const bytes = Buffer.alloc(Math.max(20, dwordIn(length)));
  if (advapi32().GetKernelObjectSecurity(handle, ownerAndDacl, bytes, bytes.length, length) === 0) {
    throw lastError("GetKernelObjectSecurity");
  }
  const descriptor = parseSecurityDescriptor(bytes);
  if (descriptor === undefined) throw new Error("its access list has an unknown format");
  return descriptor;
}

export function contentOf({ handle }: Owned): Buffer {
  const content = Buffer.alloc(maxSize + 1);
  const count = dwordSlot();
  let length = 0;
  for (;;) {
    const room = content.subarray(length);
    if (kernel32().ReadFile(handle, room, room.length, count, null) === 0) throw lastError("ReadFile");
    if (dwordIn(count) === 0) return content.subarray(0, length);
    length += dwordIn(count);
    if (length > maxSize) throw new Error(`it is larger than ${maxSize} bytes`);
  }
}

export function writeAndClose(file: Owned, bytes: Buffer): void {
  using open = file;
  const count = dwordSlot();
  for (let from = 0; from < bytes.length; from += dwordIn(count)) {
    const rest = bytes.subarray(from);
    if (kernel32().WriteFile(open.handle, rest, rest.length, count, null) === 0) throw lastError("WriteFile");
  }
  if (kernel32().FlushFileBuffers(open.handle) === 0) throw lastError("FlushFileBuffers");
}

export function isMissing(cause: unknown): boolean {
  const missing: readonly number[] = [winError.ERROR_FILE_NOT_FOUND, winError.ERROR_PATH_NOT_FOUND];
  return cause instanceof WindowsError && missing.includes(cause.status);
}

import { AgentError, type ErrorCode, messageOf } from "../../../errors.ts";
import { retryWhileHeld } from "../../../files/held-files.ts";
import { decodeText, fault } from "../../../files/open-file.ts";
import { temporaryPath } from "../../../files/own-files.ts";
import { absent, failed, failedBy, found, type Reading } from "../../../reading.ts";
import { constants, layout, readField, structure } from "../../native-layout.ts";
import type { Exposure } from "../../port.ts";
import type { Sid } from "../accounts/sids.ts";
import { advapi32 } from "../native/advapi32.ts";
import { FILE_ATTRIBUTE_NORMAL, fileAccess, fileShare, INVALID_HANDLE_VALUE, kernel32 } from "../native/kernel32.ts";
import { dwordIn, dwordSlot, pointerIn, pointerSlot, wide } from "../native/pointers.ts";
import { isSharingViolation, lastError, WindowsError, winError } from "../native/windows-error.ts";
import { isSealed, isUnsealing, seal, unseal } from "./data-protection.ts";
import { restrictFile, restrictFolder, sealFile } from "./icacls.ts";
import {
  changeRights,
  exchangeRights,
  foldersAbove,
  othersWith,
  parseSecurityDescriptor,
  readRights,
  type SecurityDescriptor,
} from "./parse-security.ts";

/** Largest content of a file that is read, bytes. */
const maxSize = 1024 * 1024;

const disposition = constants("fileapi.h", { CREATE_NEW: 1, OPEN_EXISTING: 3 });
/** What opening a folder needs. */
const { FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT } = constants("winbase.h", {
  FILE_FLAG_BACKUP_SEMANTICS: 0x0200_0000,
  FILE_FLAG_OPEN_REPARSE_POINT: 0x0020_0000,
});
const move = constants("winbase.h", { MOVEFILE_REPLACE_EXISTING: 1, MOVEFILE_WRITE_THROUGH: 8 });
const securityInformation = constants("winnt.h", {
  OWNER_SECURITY_INFORMATION: 0x1,
  DACL_SECURITY_INFORMATION: 0x4,
  PROTECTED_DACL_SECURITY_INFORMATION: 0x8000_0000,
});
const { SDDL_REVISION_1 } = constants("sddl.h", { SDDL_REVISION_1: 1 });
const fileInformation = layout("fileapi.h", "BY_HANDLE_FILE_INFORMATION", 52, { nNumberOfLinks: [40, "u32"] });
const securityAttributes = layout("minwinbase.h", "SECURITY_ATTRIBUTES", 24, {
  nLength: [0, "u32"],
  lpSecurityDescriptor: [8, "pointer"],
  bInheritHandle: [16, "i32"],
});

/**
 * The content of a file that only trusted accounts may read, decrypted if it was sealed. The file stays open from the
 * check to the reading, so it can't be exchanged in between.
 * @param trusted SYSTEM, Administrators and the like
 */
export function readProtected(path: string, trusted: ReadonlySet<Sid>): Reading<string> {
  return withFile(path, "credentials-unreadable", (handle) => {
    const others = othersWith(readRights, securityOf(handle), trusted);
    if (others.length > 0) return failed(path, exposed(path, others));
    const bytes = contentOf(handle);
    return found(isSealed(bytes) ? unseal(bytes) : decodeText(bytes), path);
  });
}

/**
 * The content of a file that only trusted accounts may change or replace; checked and read as {@link readProtected}.
 */
export function readTrusted(path: string, trusted: ReadonlySet<Sid>): Reading<Buffer> {
  return withFile(path, "settings-unreadable", (handle) => {
    const exposure = changeableBy(path, securityOf(handle), trusted) ?? untrustedPath(path, trusted);
    if (exposure === undefined) return found(contentOf(handle), path);
    const finding = `${path} can be changed by ordinary users: ${exposure.why}.`;
    return failed(path, new AgentError("settings-exposed", finding, { remedy: exposure.remedy }));
  });
}

function withFile<T>(path: string, code: ErrorCode, use: (handle: bigint) => Reading<T>): Reading<T> {
  let handle: bigint;
  try {
    const rights = (fileAccess.GENERIC_READ | fileAccess.READ_CONTROL) >>> 0;
    handle = retryWhileHeld(
      () => open(path, rights, fileShare.FILE_SHARE_READ, FILE_ATTRIBUTE_NORMAL),
      isSharingViolation,
    );
  } catch (cause) {
    if (isMissing(cause)) return absent(path, "the file does not exist");
    return unreadable(path, code, cause, code === "credentials-unreadable" ? deniedHint(cause) : "");
  }
  try {
    refuseOtherThanFile(handle);
    return use(handle);
  } catch (cause) {
    if (isUnsealing(cause)) return failed(path, sealedElsewhere(path, cause));
    return unreadable(path, code, cause, "");
  } finally {
    kernel32().CloseHandle(handle);
  }
}

function refuseOtherThanFile(handle: bigint): void {
  const information = Buffer.alloc(fileInformation.size);
  if (kernel32().GetFileInformationByHandle(handle, information) === 0) throw fault("ENOTREG");
  if (readField(fileInformation, "nNumberOfLinks", information) > 1) throw fault("EMLINK");
}

/**
 * Whether a file, folder or link (not its target) has an untrusted owner, usually its creator. Not where nothing is
 * there. @throws WindowsError
 */
export function isForeign(path: string, trusted: ReadonlySet<Sid>): boolean {
  const security = securityAt(path, FILE_FLAG_OPEN_REPARSE_POINT);
  return security !== undefined && (security.owner === undefined || !trusted.has(security.owner));
}

/** How untrusted accounts may change a program, or replace it or a folder above it; `false` if they can't. */
export function writableByOthers(path: string, trusted: ReadonlySet<Sid>): Reading<Exposure | false> {
  try {
    const file = securityAt(path);
    if (file === undefined) return absent(path, "the file does not exist");
    return found(changeableBy(path, file, trusted) ?? untrustedPath(path, trusted) ?? false, path);
  } catch (cause) {
    return unreadable(path, "settings-unreadable", cause, "");
  }
}

function changeableBy(path: string, file: SecurityDescriptor, trusted: ReadonlySet<Sid>): Exposure | undefined {
  const others = othersWith(changeRights, file, trusted);
  return others.length === 0 ? undefined : changeable(path, others, restrictFile(path));
}

/** The first folder above a file in which untrusted accounts may replace a part of its path. */
function untrustedPath(path: string, trusted: ReadonlySet<Sid>): Exposure | undefined {
  const [nearest, ...above] = foldersAbove(path);
  for (const folder of [nearest, ...above]) {
    const security = folder === undefined ? undefined : securityAt(folder);
    if (folder === undefined || security === undefined) continue;
    // Everybody may add folders to C:\ and C:\ProgramData, which replaces nothing.
    const rights = folder === nearest ? changeRights : exchangeRights;
    const others = othersWith(rights, security, trusted);
    if (others.length > 0) return changeable(folder, others, restrictFolder(folder));
  }
  return undefined;
}

/** Full access for SYSTEM and Administrators, nothing inherited, owned by Administrators (SDDL, [MS-DTYP] 2.5.1). */
const fileSddl = "O:BAD:PAI(A;;FA;;;SY)(A;;FA;;;BA)";
const readableFileSddl = `${fileSddl}(A;;FR;;;BU)`;
/** Users may list and traverse it (FILE_GENERIC_READ, FILE_GENERIC_EXECUTE); files inside do not inherit this. */
const folderSddl = "O:BAD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;;0x1200a9;;;BU)";

/**
 * Replaces a file by a sealed one that only administrators may read from its creation on: it is written under a
 * temporary name and then renamed. A file that another user left under the temporary name is removed, never written
 * into.
 * @throws AgentError `credentials-unreadable`
 */
export function writeProtected(path: string, text: string): void {
  try {
    replace(path, seal(text), fileSddl);
  } catch (cause) {
    throw notWritten(path, cause);
  }
}

/**
 * Replaces a file by one that only administrators may change. @param readers accounts that may read it
 * @throws WindowsError
 */
export function replaceFile(path: string, content: Buffer, readers: "everybody" | "administrators"): void {
  replace(path, content, readers === "everybody" ? readableFileSddl : fileSddl);
}

function replace(path: string, content: Buffer, sddl: string): void {
  const next = temporaryPath(path);
  const handle = withSecurity(sddl, (attributes) =>
    whileHeld(() => {
      remove(next);
      return open(next, fileAccess.GENERIC_WRITE, 0, FILE_ATTRIBUTE_NORMAL, disposition.CREATE_NEW, attributes);
    }),
  );
  try {
    try {
      writeAll(handle, content);
    } finally {
      kernel32().CloseHandle(handle);
    }
    const replaceAndWriteThrough = move.MOVEFILE_REPLACE_EXISTING | move.MOVEFILE_WRITE_THROUGH;
    whileHeld(() => {
      if (kernel32().MoveFileExW(wide(next), wide(path), replaceAndWriteThrough) === 0) throw lastError("MoveFileExW");
    });
  } catch (error) {
    whileHeld(() => remove(next));
    throw error;
  }
}

function remove(path: string): void {
  if (kernel32().DeleteFileW(wide(path)) !== 0) return;
  const error = lastError("DeleteFileW");
  if (!isMissing(error)) throw error;
}

/** Errors for a file that another program has open; the first also for a folder in a file's place. */
const heldStatus: readonly number[] = [
  winError.ERROR_ACCESS_DENIED,
  winError.ERROR_SHARING_VIOLATION,
  winError.ERROR_LOCK_VIOLATION,
];

const whileHeld = <T>(act: () => T): T =>
  retryWhileHeld(act, (error) => error instanceof WindowsError && heldStatus.includes(error.status));

/**
 * Creates a folder whose files only administrators may open, or protects an existing one, whose creator loses access.
 * Users may list it, so that their runs can read the settings, whose own list allows that.
 * @throws AgentError `credentials-unreadable`
 */
export function makeProtectedFolder(path: string): void {
  try {
    withSecurity(folderSddl, (attributes, descriptor) => {
      if (kernel32().CreateDirectoryW(wide(path), attributes) !== 0) return;
      const error = lastError("CreateDirectoryW");
      if (error.status !== winError.ERROR_ALREADY_EXISTS) throw error;
      if (advapi32().SetFileSecurityW(wide(path), ownerAndProtectedDacl, descriptor) === 0) {
        throw lastError("SetFileSecurityW");
      }
    });
  } catch (cause) {
    throw notWritten(path, cause);
  }
}

const ownerAndDacl = securityInformation.OWNER_SECURITY_INFORMATION | securityInformation.DACL_SECURITY_INFORMATION;
const ownerAndProtectedDacl = (ownerAndDacl | securityInformation.PROTECTED_DACL_SECURITY_INFORMATION) >>> 0;

/** @param use gets SECURITY_ATTRIBUTES and the descriptor in it, both valid until it returns */
function withSecurity<T>(sddl: string, use: (attributes: Buffer, descriptor: bigint) => T): T {
  const slot = pointerSlot();
  if (advapi32().ConvertStringSecurityDescriptorToSecurityDescriptorW(wide(sddl), SDDL_REVISION_1, slot, null) === 0) {
    throw lastError("ConvertStringSecurityDescriptorToSecurityDescriptorW");
  }
  try {
    const { size: nLength } = securityAttributes;
    return use(structure(securityAttributes, { nLength, lpSecurityDescriptor: pointerIn(slot) }), pointerIn(slot));
  } finally {
    kernel32().LocalFree(pointerIn(slot));
  }
}

/** @throws WindowsError */
function open(
  path: string,
  rights: number,
  sharing: number,
  flags: number,
  how: number = disposition.OPEN_EXISTING,
  attributes: Buffer | null = null,
): bigint {
  const handle = kernel32().CreateFileW(wide(path), rights, sharing, attributes, how, flags, 0n);
  if (handle === INVALID_HANDLE_VALUE) throw lastError("CreateFileW");
  return handle;
}

const shareAll = fileShare.FILE_SHARE_READ | fileShare.FILE_SHARE_WRITE | fileShare.FILE_SHARE_DELETE;

/** Undefined if nothing is there. @throws WindowsError */
function securityAt(path: string, flags = 0): SecurityDescriptor | undefined {
  let handle: bigint;
  try {
    handle = open(path, fileAccess.READ_CONTROL, shareAll, FILE_FLAG_BACKUP_SEMANTICS | flags);
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw cause;
  }
  try {
    return securityOf(handle);
  } finally {
    kernel32().CloseHandle(handle);
  }
}

function securityOf(handle: bigint): SecurityDescriptor {
  const length = dwordSlot();
  advapi32().GetKernelObjectSecurity(handle, ownerAndDacl, null, 0, length);
  const bytes = Buffer.alloc(Math.max(20, dwordIn(length)));
  if (advapi32().GetKernelObjectSecurity(handle, ownerAndDacl, bytes, bytes.length, length) === 0) {
    throw lastError("GetKernelObjectSecurity");
  }
  const descriptor = parseSecurityDescriptor(bytes);
  if (descriptor === undefined) throw new Error("its access list is of an unknown shape");
  return descriptor;
}

function contentOf(handle: bigint): Buffer {
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

function writeAll(handle: bigint, bytes: Buffer): void {
  const count = dwordSlot();
  for (let from = 0; from < bytes.length; from += dwordIn(count)) {
    const rest = bytes.subarray(from);
    if (kernel32().WriteFile(handle, rest, rest.length, count, null) === 0) throw lastError("WriteFile");
  }
  if (kernel32().FlushFileBuffers(handle) === 0) throw lastError("FlushFileBuffers");
}

function isMissing(cause: unknown): boolean {
  const missing: readonly number[] = [winError.ERROR_FILE_NOT_FOUND, winError.ERROR_PATH_NOT_FOUND];
  return cause instanceof WindowsError && missing.includes(cause.status);
}

function deniedHint(cause: unknown): string {
  const denied = cause instanceof WindowsError && cause.status === winError.ERROR_ACCESS_DENIED;
  return denied ? " Only administrators may read it: run as one, or as SYSTEM." : "";
}

function unreadable(path: string, code: ErrorCode, cause: unknown, hint: string): Reading<never> {
  return failedBy(path, cause, code, `${path} can't be read: ${messageOf(cause)}.${hint}`);
}

function notWritten(path: string, cause: unknown): AgentError {
  return new AgentError("credentials-unreadable", `${path} can't be protected: ${messageOf(cause)}.`, { cause });
}

function changeable(path: string, others: readonly Sid[], remedy: string): Exposure {
  return { why: `${path} can be changed by others than administrators (${others.join(", ")})`, remedy };
}

/** DPAPI's answer is the same for another machine's file, as from a disk image, and for a changed one. */
function sealedElsewhere(path: string, cause: WindowsError): AgentError {
  const lines = [
    `The credential file ${path} was sealed on another machine, or changed since (${cause.message}).`,
    "Put the credential in place on this one: linkuser-agent install --credential-from FILE",
  ];
  return new AgentError("credentials-unreadable", lines.join("\n"), { cause });
}

function exposed(path: string, others: readonly Sid[]): AgentError {
  const lines = [
    `The credential file ${path} can be read by others than administrators (${others.join(", ")}), so its secret may be known.`,
    "Get a new secret from the console, and protect the file:",
    ...sealFile(path),
  ];
  return new AgentError("credentials-exposed", lines.join("\n"));
}

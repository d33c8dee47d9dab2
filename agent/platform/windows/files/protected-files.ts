import { AgentError, type ErrorCode, messageOf } from "../../../errors.ts";
import { retryWhileHeld } from "../../../files/held-files.ts";
import { decodeText, fault } from "../../../files/open-file.ts";
import { absent, failed, failedBy, found, type Reading } from "../../../reading.ts";
import { layout, readField } from "../../native-layout.ts";
import type { Owned } from "../../owned.ts";
import type { Exposure } from "../../port.ts";
import type { Sid } from "../accounts/sids.ts";
import { FILE_ATTRIBUTE_NORMAL, fileAccess, fileShare, kernel32 } from "../native/kernel32.ts";
import { isSharingViolation, WindowsError, winError } from "../native/windows-error.ts";
import { isSealed, isUnsealing, unseal } from "./data-protection.ts";
import { restrictFile, restrictFolder, sealFile } from "./icacls.ts";
import {
  contentOf,
  FILE_FLAG_OPEN_REPARSE_POINT,
  isMissing,
  openHandle,
  securityAt,
  securityOf,
} from "./open-handle.ts";
import {
  changeRights,
  exchangeRights,
  foldersAbove,
  othersWith,
  readRights,
  type SecurityDescriptor,
} from "./parse-security.ts";

const fileInformation = layout("fileapi.h", "BY_HANDLE_FILE_INFORMATION", 52, { nNumberOfLinks: [40, "u32"] });

/**
 * The content of a file that only trusted accounts may read, decrypted if it was sealed. The file stays open from the
 * check to the reading, so it can't be exchanged in between.
 * @param trusted SYSTEM, Administrators and the like
 */
export function readProtected(path: string, trusted: ReadonlySet<Sid>): Reading<string> {
  return withFile(path, "credentials-unreadable", (file) => {
    const others = othersWith(readRights, securityOf(file), trusted);
    if (others.length > 0) return failed(path, exposed(path, others));
    const bytes = contentOf(file);
    return found(isSealed(bytes) ? unseal(bytes) : decodeText(bytes), path);
  });
}

/**
 * The content of a file that only trusted accounts may change or replace; checked and read as {@link readProtected}.
 */
export function readTrusted(path: string, trusted: ReadonlySet<Sid>): Reading<Buffer> {
  return withFile(path, "settings-unreadable", (file) => {
    const exposure = changeableBy(path, securityOf(file), trusted) ?? untrustedPath(path, trusted);
    if (exposure === undefined) return found(contentOf(file), path);
    const finding = `${path} can be changed by ordinary users: ${exposure.why}.`;
    return failed(path, new AgentError("settings-exposed", finding, { remedy: exposure.remedy }));
  });
}

function withFile<T>(path: string, code: ErrorCode, use: (file: Owned) => Reading<T>): Reading<T> {
  try {
    const rights = (fileAccess.GENERIC_READ | fileAccess.READ_CONTROL) >>> 0;
    using file = retryWhileHeld(
      () => openHandle(path, rights, fileShare.FILE_SHARE_READ, FILE_ATTRIBUTE_NORMAL),
      isSharingViolation,
    );
    refuseOtherThanFile(file);
    return use(file);
  } catch (cause) {
    if (isMissing(cause)) return absent(path, "the file does not exist");
    if (isUnsealing(cause)) return failed(path, sealedElsewhere(path, cause));
    return unreadable(path, code, cause, code === "credentials-unreadable" ? deniedHint(cause) : "");
  }
}

function refuseOtherThanFile({ handle }: Owned): void {
  const information = Buffer.alloc(fileInformation.size);
  if (kernel32().GetFileInformationByHandle(handle, information) === 0) throw fault("ENOTREG");
  if (readField(fileInformation, "nNumberOfLinks", information) > 1) throw fault("EMLINK");
}

/**
 * Whether a file, folder or link (not its target) has an untrusted owner, usually its creator; false if it does not
 * exist. @throws WindowsError
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

function deniedHint(cause: unknown): string {
  const denied = cause instanceof WindowsError && cause.status === winError.ERROR_ACCESS_DENIED;
  return denied ? " Only administrators can read it: run as administrator or SYSTEM." : "";
}

function unreadable(path: string, code: ErrorCode, cause: unknown, hint: string): Reading<never> {
  return failedBy(path, cause, code, `${path} can't be read: ${messageOf(cause)}.${hint}`);
}

function changeable(path: string, others: readonly Sid[], remedy: string): Exposure {
  return { why: `${path} can be changed by users other than administrators (${others.join(", ")})`, remedy };
}

/** DPAPI's answer is the same for another machine's file, as from a disk image, and for a changed one. */
function sealedElsewhere(path: string, cause: WindowsError): AgentError {
  const lines = [
    `The credential file ${path} was sealed on another machine, or has been changed since (${cause.message}).`,
    "Install the credential on this machine: linkuser-agent install --credential-from FILE",
  ];
  return new AgentError("credentials-unreadable", lines.join("\n"), { cause });
}

function exposed(path: string, others: readonly Sid[]): AgentError {
  const lines = [
    `The credential file ${path} can be read by users other than administrators (${others.join(", ")}), so its secret may be known.`,
    "Make a new secret in OPSWAT's OAuth portal, and protect the file:",
    ...sealFile(path),
  ];
  return new AgentError("credentials-exposed", lines.join("\n"));
}

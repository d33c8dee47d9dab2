import { retryWhileHeld } from "../../files/held-files.ts";
import { absent, failedBy, found, type Reading } from "../../reading.ts";
import { constants, layout, structure } from "../native-layout.ts";
import type { HeldLock } from "../port.ts";
import { fileDisposition, openHandle } from "./files/open-handle.ts";
import { FILE_ATTRIBUTE_NORMAL, fileAccess, fileShare, kernel32, type OpenHandle } from "./native/kernel32.ts";
import { isSharingViolation, lastError, WindowsError, winError } from "./native/windows-error.ts";

const { OPEN_ALWAYS } = fileDisposition;
const rights = (fileAccess.GENERIC_READ | fileAccess.GENERIC_WRITE) >>> 0;
const sharing = fileShare.FILE_SHARE_READ | fileShare.FILE_SHARE_WRITE;
const lockFile = constants("minwinbase.h", { LOCKFILE_FAIL_IMMEDIATELY: 1, LOCKFILE_EXCLUSIVE_LOCK: 2 });
const overlapped = layout("minwinbase.h", "OVERLAPPED", 32, {});

/**
 * Locks the file's first byte, which Windows releases when the process ends. Other programs may open the file
 * meanwhile, so that a virus scanner is not mistaken for another run.
 */
export function tryLock(path: string): Reading<HeldLock> {
  let lock: OpenHandle;
  try {
    lock = retryWhileHeld(
      () => openHandle(path, rights, sharing, FILE_ATTRIBUTE_NORMAL, OPEN_ALWAYS),
      isSharingViolation,
    );
  } catch (cause) {
    if (cause instanceof WindowsError) return unlockable(path, cause);
    throw cause;
  }
  const flags = lockFile.LOCKFILE_EXCLUSIVE_LOCK | lockFile.LOCKFILE_FAIL_IMMEDIATELY;
  if (kernel32().LockFileEx(lock.handle, flags, 0, 1, 0, structure(overlapped, {})) === 0) {
    const error = lastError("LockFileEx");
    lock[Symbol.dispose]();
    return error.status === winError.ERROR_LOCK_VIOLATION ? held(path) : unlockable(path, error);
  }
  return found({ [Symbol.dispose]: lock[Symbol.dispose] }, path);
}

const held = (path: string): Reading<never> => absent(path, "another run holds it");

function unlockable(path: string, cause: WindowsError): Reading<never> {
  if (isSharingViolation(cause)) return held(path);
  const message = `The lock ${path} can't be taken: ${cause.message}. Name another folder in the setting stateDir.`;
  return failedBy(path, cause, "state-unusable", message);
}

import { retryWhileHeld } from "../../files/held-files.ts";
import { absent, failedBy, found, type Reading } from "../../reading.ts";
import { constants, layout, structure } from "../native-layout.ts";
import { fileDisposition, openHandle } from "./files/open-handle.ts";
import { FILE_ATTRIBUTE_NORMAL, fileAccess, fileShare, kernel32 } from "./native/kernel32.ts";
import { isSharingViolation, lastError, WindowsError, winError } from "./native/windows-error.ts";

const rights = (fileAccess.GENERIC_READ | fileAccess.GENERIC_WRITE) >>> 0;
const sharing = fileShare.FILE_SHARE_READ | fileShare.FILE_SHARE_WRITE;
const lockFile = constants("minwinbase.h", { LOCKFILE_FAIL_IMMEDIATELY: 1, LOCKFILE_EXCLUSIVE_LOCK: 2 });
const exclusively = lockFile.LOCKFILE_EXCLUSIVE_LOCK | lockFile.LOCKFILE_FAIL_IMMEDIATELY;
const overlapped = layout("minwinbase.h", "OVERLAPPED", 32, {});

/**
 * Locks the file's first byte, which Windows releases when the process ends. Other programs may open the file
 * meanwhile, so that a virus scanner is not mistaken for another run.
 */
export function tryLock(path: string): Reading<Disposable> {
  try {
    const open = () => openHandle(path, rights, sharing, FILE_ATTRIBUTE_NORMAL, fileDisposition.OPEN_ALWAYS);
    const lock = retryWhileHeld(open, isSharingViolation);
    if (kernel32().LockFileEx(lock.handle, exclusively, 0, 1, 0, structure(overlapped, {})) !== 0) {
      return found({ [Symbol.dispose]: lock[Symbol.dispose] }, path);
    }
    const error = lastError("LockFileEx");
    lock[Symbol.dispose]();
    throw error;
  } catch (cause) {
    if (!(cause instanceof WindowsError)) throw cause;
    if (isSharingViolation(cause) || cause.status === winError.ERROR_LOCK_VIOLATION) {
      return absent(path, "another run holds it");
    }
    const message = `The lock ${path} can't be taken: ${cause.message}. Name another folder in the setting stateDir.`;
    return failedBy(path, cause, "state-unusable", message);
  }
}

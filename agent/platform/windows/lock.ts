import { retryWhileHeld } from "../../files/held-files.ts";
import { absent, failedBy, found, type Reading } from "../../reading.ts";
import { constants, layout, structure } from "../native-layout.ts";
import type { HeldLock } from "../port.ts";
import { FILE_ATTRIBUTE_NORMAL, fileAccess, fileShare, INVALID_HANDLE_VALUE, kernel32 } from "./native/kernel32.ts";
import { wide } from "./native/pointers.ts";
import { isSharingViolation, lastError, WindowsError, winError } from "./native/windows-error.ts";

const { OPEN_ALWAYS } = constants("fileapi.h", { OPEN_ALWAYS: 4 });
const lockFile = constants("minwinbase.h", { LOCKFILE_FAIL_IMMEDIATELY: 1, LOCKFILE_EXCLUSIVE_LOCK: 2 });
const overlapped = layout("minwinbase.h", "OVERLAPPED", 32, {});

/**
 * Locks the file's first byte, which Windows releases when the process ends. Other programs may open the file
 * meanwhile, so that a virus scanner is not mistaken for another run.
 */
export function tryLock(path: string): Reading<HeldLock> {
  let handle: bigint;
  try {
    handle = retryWhileHeld(() => openLock(path), isSharingViolation);
  } catch (cause) {
    if (cause instanceof WindowsError) return unlockable(path, cause);
    throw cause;
  }
  const flags = lockFile.LOCKFILE_EXCLUSIVE_LOCK | lockFile.LOCKFILE_FAIL_IMMEDIATELY;
  if (kernel32().LockFileEx(handle, flags, 0, 1, 0, structure(overlapped, {})) === 0) {
    const error = lastError("LockFileEx");
    kernel32().CloseHandle(handle);
    return error.status === winError.ERROR_LOCK_VIOLATION ? held(path) : unlockable(path, error);
  }
  return found({ [Symbol.dispose]: () => void kernel32().CloseHandle(handle) }, path);
}

/** @throws WindowsError */
function openLock(path: string): bigint {
  const handle = kernel32().CreateFileW(
    wide(path),
    (fileAccess.GENERIC_READ | fileAccess.GENERIC_WRITE) >>> 0,
    fileShare.FILE_SHARE_READ | fileShare.FILE_SHARE_WRITE,
    null,
    OPEN_ALWAYS,
    FILE_ATTRIBUTE_NORMAL,
    0n,
  );
  if (handle === INVALID_HANDLE_VALUE) throw lastError("CreateFileW");
  return handle;
}

const held = (path: string): Reading<never> => absent(path, "another run holds it");

function unlockable(path: string, cause: WindowsError): Reading<never> {
  if (isSharingViolation(cause)) return held(path);
  const message = `The lock ${path} can't be taken: ${cause.message}. Name another folder in the setting stateDir.`;
  return failedBy(path, cause, "state-unusable", message);
}

import { AgentError } from "../../errors.ts";
import { absent, failed, found, type Reading } from "../../reading.ts";
import type { HeldLock } from "../port.ts";
import { invalidHandle, kernel32 } from "./native/kernel32.ts";
import { wide } from "./native/memory.ts";
import { lastError, type WindowsError, winError } from "./native/windows-error.ts";

const genericReadWrite = 0xc000_0000;
const shareReadWrite = 0x3;
const openAlways = 4;
const normalAttributes = 0x80;
const exclusiveAndImmediate = 0x2 | 0x1;

/**
 * Locks the file's first byte, which Windows releases when the process ends. Others may open the file meanwhile, so
 * that a virus scanner is not taken for another run.
 */
export function tryLock(path: string): Reading<HeldLock> {
  const handle = kernel32().CreateFileW(
    wide(path),
    genericReadWrite,
    shareReadWrite,
    null,
    openAlways,
    normalAttributes,
    0n,
  );
  if (handle === invalidHandle) return unlockable(path, lastError("CreateFileW"));
  const overlapped = Buffer.alloc(32);
  if (kernel32().LockFileEx(handle, exclusiveAndImmediate, 0, 1, 0, overlapped) === 0) {
    const error = lastError("LockFileEx");
    kernel32().CloseHandle(handle);
    return error.status === winError.lockViolation ? held(path) : unlockable(path, error);
  }
  return found({ [Symbol.dispose]: () => void kernel32().CloseHandle(handle) }, path);
}

function held(path: string): Reading<never> {
  return absent(path, "another run holds it");
}

function unlockable(path: string, cause: WindowsError): Reading<never> {
  if (cause.status === winError.sharingViolation) return held(path);
  const message = `The lock ${path} can't be taken: ${cause.message}. The setting stateDir names another folder for it.`;
  return failed(path, new AgentError("state-unusable", message, { cause }));
}

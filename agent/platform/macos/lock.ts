import { closeSync, constants, openSync } from "node:fs";
import { AgentError, systemErrorCode } from "../../errors.ts";
import { absent, failed, found, type Reading } from "../../reading.ts";
import type { HeldLock } from "../port.ts";

/** fcntl.h of macOS: open(2) takes the exclusive flock(2) in the same call. */
const O_EXLOCK = 0x20;

type Open = (path: string, flags: number, mode: number) => number;

/** Takes the exclusive lock of a file without waiting; the kernel gives it back when the process ends. */
export function tryLock(path: string, open: Open = openSync): Reading<HeldLock> {
  const { O_RDWR, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  try {
    const held = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_EXLOCK, 0o600);
    return found({ [Symbol.dispose]: () => closeSync(held) }, path);
  } catch (cause) {
    const code = systemErrorCode(cause);
    // EWOULDBLOCK, which is the same number.
    if (code === "EAGAIN") return absent(path, "another run holds it");
    return failed(path, new AgentError("state-busy", `${path} can't be locked: ${code}.`, { cause }));
  }
}

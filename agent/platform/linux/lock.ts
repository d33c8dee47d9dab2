import { closeSync, constants, openSync } from "node:fs";
import { dirname } from "node:path";
import { AgentError, systemErrorCode } from "../../errors.ts";
import { giveToFolder } from "../../files/own-files.ts";
import { absent, failed, found, type Reading } from "../../reading.ts";
import type { HeldLock } from "../port.ts";
import { lastErrno, libc } from "./libc.ts";

/** flock(2) */
const LOCK_EX = 2;
const LOCK_NB = 4;
const EWOULDBLOCK = 11;

/** Takes the exclusive flock(2) of a file without waiting; the kernel gives it back when the process ends. */
export function tryLock(path: string): Reading<HeldLock> {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
    const held = descriptor;
    giveToFolder(held, dirname(path));
    if (libc().flock(held, LOCK_EX | LOCK_NB) === 0) {
      descriptor = undefined;
      return found({ [Symbol.dispose]: () => closeSync(held) }, path);
    }
    const errno = lastErrno();
    if (errno === EWOULDBLOCK) return absent(path, "another run holds it");
    return failed(path, new AgentError("state-busy", `${path} can't be locked (errno ${errno}).`));
  } catch (cause) {
    const why = cause instanceof AgentError ? cause.message : systemErrorCode(cause);
    return failed(path, new AgentError("state-busy", `${path} can't be locked: ${why}.`, { cause }));
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

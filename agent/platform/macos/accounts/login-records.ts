import { type LibSystem, libSystem } from "../libsystem.ts";

/** A logon that the system keeps in /var/run/utmpx: what who(1) shows. */
export interface LoginRecord {
  readonly user: string;
  /** `console` for a session with a screen of its own, else a terminal: `ttys001`. */
  readonly line: string;
  readonly pid: number;
  /** Where from, for a logon over the network; empty for one at the machine. */
  readonly host: string;
}

/** utmpx.h of macOS: sizes of the texts, and the type of a logon that has not ended. */
const userSize = 256;
const lineSize = 32;
const hostSize = 256;
const USER_PROCESS = 7;

/**
 * struct utmpx on LP64: ut_user @0, ut_id[4] @256, ut_line @260, ut_pid @292, ut_type @296, ut_tv @304, ut_host @320.
 */
const lineAt = 260;
const pidAt = 292;
const typeAt = 296;
const hostAt = 320;
/** Bytes of one struct utmpx. */
export const recordSize = 640;

/** @returns undefined for a record of anything but a logon that lasts */
export function parseLoginRecord(bytes: Buffer): LoginRecord | undefined {
  if (bytes.readInt16LE(typeAt) !== USER_PROCESS) return undefined;
  return {
    user: text(bytes, 0, userSize),
    line: text(bytes, lineAt, lineSize),
    pid: bytes.readInt32LE(pidAt),
    host: text(bytes, hostAt, hostSize),
  };
}

/** Ends at the first zero byte, or fills its field. */
function text(bytes: Buffer, at: number, size: number): string {
  const field = bytes.subarray(at, at + size);
  const end = field.indexOf(0);
  return field.toString("utf8", 0, end < 0 ? size : end);
}

/** More than any machine has; a list that does not end must not hold up the run. */
const mostRecords = 10_000;

/** All logons that last, in the system's order. @throws AgentError `identity-unreadable` */
export function readLoginRecords(
  native: Pick<LibSystem, "setutxent" | "getutxent" | "endutxent"> = libSystem(),
): readonly LoginRecord[] {
  const { setutxent, getutxent, endutxent } = native;
  const { toBuffer } = process.getBuiltinModule("node:ffi");
  const records: LoginRecord[] = [];
  setutxent();
  try {
    for (let count = 0; count < mostRecords; count++) {
      const pointer = getutxent();
      if (pointer === 0n) break;
      const record = parseLoginRecord(toBuffer(pointer, recordSize, true));
      if (record !== undefined) records.push(record);
    }
  } finally {
    endutxent();
  }
  return records;
}

/** The process that made a record may have died without taking it back. */
export function isAlive(pid: number): boolean {
  if (pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: there, but another user's.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

import { systemErrorCode } from "../../../errors.ts";
import { constants, layout, readField } from "../../native-layout.ts";
import { type LibSystem, libSystem } from "../libsystem.ts";

/** A logon in /var/run/utmpx, as who(1) shows it. */
export type LoginRecord = NonNullable<ReturnType<typeof parseLoginRecord>>;

/** A logon that has not ended. */
const { USER_PROCESS } = constants("utmpx.h", { USER_PROCESS: 7 });

/** @internal for tests, which write records */
export const utmpx = layout("utmpx.h", "struct utmpx", 640, {
  ut_user: [0, 256],
  ut_line: [260, 32],
  ut_pid: [292, "i32"],
  ut_type: [296, "u16"],
  ut_host: [320, 256],
});

/** @returns undefined for a record of anything but a logon that lasts */
export function parseLoginRecord(bytes: Buffer) {
  if (readField(utmpx, "ut_type", bytes) !== USER_PROCESS) return undefined;
  return {
    user: text(readField(utmpx, "ut_user", bytes)),
    /** `console` for a session with its own screen, else a terminal: `ttys001`. */
    line: text(readField(utmpx, "ut_line", bytes)),
    pid: readField(utmpx, "ut_pid", bytes),
    /** The remote host of a logon over the network; empty for one at the machine. */
    host: text(readField(utmpx, "ut_host", bytes)),
  };
}

/** Ends at the first zero byte, or fills its field. */
function text(field: Buffer): string {
  const end = field.indexOf(0);
  return field.toString("utf8", 0, end < 0 ? field.length : end);
}

/** More than any machine has; a list that does not end must not hold up the run. */
const maxRecords = 10_000;

/** All logons that last, in the system's order. @throws AgentError `identity-unreadable` */
export function readLoginRecords(
  native: Pick<LibSystem, "setutxent" | "getutxent" | "endutxent"> = libSystem(),
): readonly LoginRecord[] {
  const { setutxent, getutxent, endutxent } = native;
  const { toBuffer } = process.getBuiltinModule("node:ffi");
  const records: LoginRecord[] = [];
  setutxent();
  try {
    for (let count = 0; count < maxRecords; count++) {
      const pointer = getutxent();
      if (pointer === 0n) break;
      const record = parseLoginRecord(toBuffer(pointer, utmpx.size, true));
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
    return systemErrorCode(error) === "EPERM";
  }
}

import { AgentError } from "../../../errors.ts";
import { type LibSystem, libSystem } from "../libsystem.ts";

/** AU_DEFAUDITID of bsm/audit.h: nobody has logged on in this process's ancestry, as for launchd's daemons. */
const noLogin = 0xffff_ffff;

/**
 * Whether a user other than root logged on and started this process, from its audit user ID, which `su` and `sudo`
 * leave alone; true if it can't be read. Written from Apple's documentation, not run.
 */
export function startedByPerson(getauid?: LibSystem["getauid"]): boolean {
  try {
    const auditId = Buffer.alloc(4);
    if ((getauid ?? libSystem().getauid)(auditId) !== 0) return true;
    return ![0, noLogin].includes(auditId.readUInt32LE());
  } catch (error) {
    if (error instanceof AgentError) return true;
    throw error;
  }
}

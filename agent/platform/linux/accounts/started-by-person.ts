import { readFileSync } from "node:fs";
import { join } from "node:path";
import { constants } from "../../native-layout.ts";

/** Nobody has logged on in this process's ancestry. */
const { "(uid_t)-1": noLogin } = constants("sys/types.h", { "(uid_t)-1": 0xffff_ffff });

/**
 * Whether a user other than root logged on and started this process, from the kernel's records: the user ID of the
 * logon, which `su` and `sudo` leave alone, and the control group of a user's session (proc(5), cgroups(7)). Variables
 * are the person's to set.
 */
export function startedByPerson(root: string): boolean {
  const loginUid = readFact(root, "loginuid");
  if (/^\d+$/.test(loginUid) && ![0, noLogin].includes(Number(loginUid))) return true;
  return /\/user-[1-9]\d*\.slice(?:\/|$)/m.test(readFact(root, "cgroup"));
}

/** Empty if this kernel keeps no such thing, or /proc is not mounted. */
function readFact(root: string, name: string): string {
  try {
    return readFileSync(join(root, "proc/self", name), "utf8").trim();
  } catch {
    return "";
  }
}

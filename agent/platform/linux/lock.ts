import { AgentError } from "../../errors.ts";
import { type OpenFile, reasonOf } from "../../files/open-file.ts";
import { openOwnFile } from "../../files/own-files.ts";
import { absent, failed, found, type Reading } from "../../reading.ts";
import { constants } from "../native-layout.ts";
import { lastErrno, libc } from "./libc.ts";

const { LOCK_EX, LOCK_NB } = constants("sys/file.h", { LOCK_EX: 2, LOCK_NB: 4 });
const { EWOULDBLOCK } = constants("errno.h", { EWOULDBLOCK: 11 });

/** Takes the exclusive flock(2) of a file without waiting; the kernel gives it back when the process ends. */
export function tryLock(path: string): Reading<Disposable> {
  let file: OpenFile | undefined;
  try {
    file = openOwnFile(path, "lock");
    if (libc().flock(file.descriptor, LOCK_EX | LOCK_NB) === 0) return found(file, path);
    const errno = lastErrno();
    file[Symbol.dispose]();
    if (errno === EWOULDBLOCK) return absent(path, "another run holds it");
    return failed(path, new AgentError("state-busy", `${path} can't be locked (errno ${errno}).`));
  } catch (cause) {
    file?.[Symbol.dispose]();
    return failed(path, new AgentError("state-busy", `${path} can't be locked: ${reasonOf(cause)}.`, { cause }));
  }
}

import { AgentError, systemErrorCode } from "../../errors.ts";
import { type Open, whyNot } from "../../files/open-file.ts";
import { openOwnFile } from "../../files/own-files.ts";
import { absent, failed, found, type Reading } from "../../reading.ts";
import { constants } from "../native-layout.ts";

/** open(2) takes the exclusive flock(2) in the same call. */
const { O_EXLOCK } = constants("fcntl.h", { O_EXLOCK: 0x20 });

/** Takes the exclusive lock of a file without waiting; the kernel gives it back when the process ends. */
export function tryLock(path: string, open?: Open): Reading<Disposable> {
  try {
    return found(openOwnFile(path, "lock", O_EXLOCK, open), path);
  } catch (cause) {
    // EWOULDBLOCK, which is the same number.
    if (systemErrorCode(cause) === "EAGAIN") return absent(path, "another run holds it");
    return failed(path, new AgentError("state-busy", `${path} can't be locked: ${whyNot(cause)}.`, { cause }));
  }
}

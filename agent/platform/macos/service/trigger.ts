import { lstatSync } from "node:fs";
import { AgentError, systemErrorCode } from "../../../errors.ts";
import { absent, failed, found, type Reading } from "../../../reading.ts";
import { daemonFile } from "./launchd.ts";

const origin = "launchd";

/** The job of the packages; whether somebody has disabled it is launchd's to say. */
export function readTrigger(path = daemonFile): Reading<string> {
  try {
    return lstatSync(path).isFile() ? found(path, origin) : absent(origin, `${path} is not a file`);
  } catch (cause) {
    const code = systemErrorCode(cause);
    if (code === "ENOENT" || code === "ENOTDIR") return absent(origin, `no ${path}`);
    return failed(origin, new AgentError("settings-unreadable", `${path} can't be read (${code}).`, { cause }));
  }
}

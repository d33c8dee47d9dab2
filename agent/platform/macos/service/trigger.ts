import { lstatSync } from "node:fs";
import { AgentError } from "../../../errors.ts";
import { isNoSuchFile, whyNot } from "../../../files/open-file.ts";
import { shellWord } from "../../../printable.ts";
import { absent, failed, failedBy, found, type Reading } from "../../../reading.ts";
import type { RunTool } from "../tools.ts";
import { daemonTarget, isDisabled, isLoaded } from "./launchd.ts";

const origin = "launchd";

/** The job of the packages, unless it is disabled or not loaded. */
export function readTrigger(run: RunTool, path: string): Reading<string> {
  try {
    if (!lstatSync(path).isFile()) return absent(origin, `${path} is not a file`);
    const enable = `sudo launchctl enable ${daemonTarget}`;
    const bootstrap = `sudo launchctl bootstrap system ${shellWord(path)}`;
    const loaded = isLoaded(run);
    if (isDisabled(run)) return failed(origin, off("is disabled", loaded ? enable : `${enable} && ${bootstrap}`));
    return loaded ? found(path, origin) : failed(origin, off("is not loaded", bootstrap));
  } catch (cause) {
    if (isNoSuchFile(cause)) return absent(origin, `no ${path}`);
    return failedBy(origin, cause, "settings-unreadable", `${path} can't be read: ${whyNot(cause)}.`);
  }
}

const off = (state: string, remedy: string): AgentError =>
  new AgentError("install-failed", `Nothing runs at logon: the launchd job ${daemonTarget} ${state}.`, { remedy });

import { accessSync, constants, existsSync } from "node:fs";
import { dirname } from "node:path";
import { AgentError, systemErrorCode } from "../../errors.ts";

/** The fault of a path that a setting names. */
export function unusable(setting: "stateDir" | "logFile", path: string, code: string): AgentError {
  return new AgentError("setting-invalid", `${setting}: ${path} can't be written (${code}).`);
}

/** A run makes what is missing: the nearest folder that is there must allow it. */
export function creationFault(path: string): string | undefined {
  let folder = dirname(path);
  while (!existsSync(folder) && folder !== dirname(folder)) folder = dirname(folder);
  return faultOf(() => accessSync(folder, constants.W_OK | constants.X_OK));
}

/** The system's code for why the work failed; undefined where it did not. */
export function faultOf(work: () => void): string | undefined {
  try {
    work();
    return undefined;
  } catch (thrown) {
    const code = systemErrorCode(thrown);
    if (code === undefined) throw thrown;
    return code;
  }
}

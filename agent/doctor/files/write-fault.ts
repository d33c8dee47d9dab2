import { accessSync, constants, existsSync } from "node:fs";
import { dirname } from "node:path";
import { AgentError, systemErrorCode } from "../../errors.ts";
import { whyNot } from "../../files/open-file.ts";

export function unusable(setting: "stateDir" | "logFile", path: string, cause: Error): AgentError {
  return new AgentError("setting-invalid", `${setting}: ${path} can't be written: ${whyNot(cause)}.`, { cause });
}

/** A run creates missing folders: the nearest existing one must allow it. */
export function creationFault(path: string): Error | undefined {
  let folder = dirname(path);
  while (!existsSync(folder) && folder !== dirname(folder)) folder = dirname(folder);
  return faultOf(() => accessSync(folder, constants.W_OK | constants.X_OK));
}

/** The system's error of failed work; undefined for success. */
export function faultOf(work: () => void): Error | undefined {
  try {
    work();
    return undefined;
  } catch (thrown) {
    if (systemErrorCode(thrown) === undefined) throw thrown;
    return thrown as Error;
  }
}

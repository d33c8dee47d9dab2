import { lstatSync } from "node:fs";
import { systemErrorCode } from "../../errors.ts";
import { isDenial } from "../../files/open-file.ts";
import { openOwnFile } from "../../files/own-files.ts";
import { effectivePaths } from "../../wiring/load-settings.ts";
import type { Finding } from "../check.ts";
import type { DoctorContext, ValuesFor } from "../context.ts";
import { needsRights } from "../machine/rights.ts";
import { creationFault, faultOf, unusable } from "./write-fault.ts";

/** That events can be logged. A run goes on without a log, so nothing fails here. */
export function checkLogFile(
  { platform }: Pick<DoctorContext, "platform">,
  { settings: { settings } }: ValuesFor<"settings">,
): Finding {
  const { logFile } = effectivePaths(platform, settings);
  const fault = isThere(logFile) ? appendFault(logFile) : creationFault(logFile);
  if (fault === undefined) return { status: "ok", detail: logFile };
  const denied = settings.logFile === undefined ? undefined : needsRights(platform);
  if (denied !== undefined && isDenial(fault)) return denied;
  const { message } = unusable("logFile", logFile, fault);
  return { status: "warn", detail: message, advice: "let this user write there, or change logFile" };
}

/** A file in a folder that can't be searched may exist. */
const isThere = (path: string): boolean => systemErrorCode(faultOf(() => lstatSync(path))) !== "ENOENT";

const appendFault = (path: string): Error | undefined => faultOf(() => openOwnFile(path, "append")[Symbol.dispose]());

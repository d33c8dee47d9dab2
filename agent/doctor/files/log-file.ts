import { lstatSync } from "node:fs";
import { openOwnFile } from "../../files/own-files.ts";
import type { Finding } from "../check.ts";
import { creationFault, faultOf, unusable } from "./write-fault.ts";

/** That events can be logged. A run goes on without a log, so nothing fails here. */
export function checkLogFile(logFile: string): Finding {
  const fault = lstatSync(logFile, { throwIfNoEntry: false }) ? appendFault(logFile) : creationFault(logFile);
  if (fault === undefined) return { status: "ok", detail: logFile };
  const { message } = unusable("logFile", logFile, fault);
  return { status: "warn", detail: message, advice: "let this user write there, or change logFile" };
}

const appendFault = (path: string): string | undefined => faultOf(() => openOwnFile(path, "append")[Symbol.dispose]());

import { accessSync, closeSync, constants, existsSync, openSync, rmSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { describeDuration } from "../duration.ts";
import { AgentError, systemErrorCode } from "../errors.ts";
import { exitCodes } from "../exit-codes.ts";
import { fileStore } from "../state/store.ts";
import type { Finding } from "./report.ts";

/**
 * That the state can be kept, and how the last run ended. A file is written and removed beside it: access lists, full
 * disks and read-only mounts show in nothing else.
 * @param now wall-clock milliseconds
 */
export function checkState(stateDir: string, now: number): Finding {
  const fault = existsSync(stateDir) ? writeFault(stateDir) : creationFault(stateDir);
  if (fault !== undefined) {
    const advice = fault === "ENOSPC" ? `df -h ${stateDir}` : "let this user write there, or change stateDir";
    return { status: "fail", error: unusable("stateDir", stateDir, fault), advice };
  }
  const { memory, problem } = fileStore(stateDir).read();
  if (problem !== undefined) {
    return { status: "warn", detail: problem, advice: "nothing: the next run writes it anew" };
  }
  const { lastRun } = memory;
  if (lastRun === undefined) return { status: "ok", detail: `no run yet; in ${stateDir}` };
  const detail = `last run: ${lastRun.outcome}, ${describeDuration(now - lastRun.endedAt)} ago; in ${stateDir}`;
  if (exitCodes[lastRun.outcome] === 0) return { status: "ok", detail };
  return { status: "warn", detail, advice: "linkuser-agent status" };
}

/** That events can be logged. A run goes on without a log, so nothing fails here. */
export function checkLogFile(logFile: string): Finding {
  const fault = existsSync(logFile) ? appendFault(logFile) : creationFault(logFile);
  if (fault === undefined) return { status: "ok", detail: logFile };
  const { message } = unusable("logFile", logFile, fault);
  return { status: "warn", detail: message, advice: "let this user write there, or change logFile" };
}

function unusable(setting: "stateDir" | "logFile", path: string, code: string): AgentError {
  return new AgentError("setting-invalid", `${setting}: ${path} can't be written (${code}).`);
}

/** The system's code for why nothing can be written in a folder; undefined where it can. */
function writeFault(folder: string): string | undefined {
  return faultOf(() => {
    const path = join(folder, `doctor-${process.pid}.tmp`);
    const file = openSync(path, "wx", 0o600);
    try {
      writeSync(file, "x");
    } finally {
      closeSync(file);
      rmSync(path);
    }
  });
}

const appendFault = (path: string): string | undefined => faultOf(() => closeSync(openSync(path, "a")));

/** A run makes what is missing: the nearest folder that is there must allow it. */
function creationFault(path: string): string | undefined {
  let folder = dirname(path);
  while (!existsSync(folder) && folder !== dirname(folder)) folder = dirname(folder);
  return faultOf(() => accessSync(folder, constants.W_OK | constants.X_OK));
}

function faultOf(work: () => void): string | undefined {
  try {
    work();
    return undefined;
  } catch (thrown) {
    const code = systemErrorCode(thrown);
    if (code === undefined) throw thrown;
    return code;
  }
}

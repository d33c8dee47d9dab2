import { existsSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { describeDuration } from "../../duration.ts";
import { systemErrorCode } from "../../errors.ts";
import { exitCodes } from "../../exit-codes.ts";
import { retryWhileHeld } from "../../files/held-files.ts";
import { isDenial } from "../../files/open-file.ts";
import { openOwnFile } from "../../files/own-files.ts";
import type { MachineMemory } from "../../link/memory.ts";
import { fileStore } from "../../state/store.ts";
import { effectivePaths } from "../../wiring/load-settings.ts";
import type { Finding } from "../check.ts";
import type { DoctorContext, ValuesFor } from "../context.ts";
import { needsRights } from "../machine/rights.ts";
import { creationFault, faultOf, unusable } from "./write-fault.ts";

/**
 * Checks that the state can be kept, and shows how the last run ended. A test file is written beside it and removed:
 * nothing else shows access lists, full disks and read-only mounts.
 */
export function checkState(
  { platform, clock }: Pick<DoctorContext, "platform" | "clock">,
  { settings: { settings } }: ValuesFor<"settings">,
): Finding<MachineMemory> {
  const { stateDir } = effectivePaths(platform, settings);
  const fault = existsSync(stateDir) ? writeFault(stateDir) : creationFault(stateDir);
  if (fault !== undefined) {
    const denied = settings.stateDir === undefined ? undefined : needsRights(platform);
    if (denied !== undefined && isDenial(fault)) return denied;
    const advice =
      systemErrorCode(fault) === "ENOSPC" ? `df -h ${stateDir}` : "let this user write there, or change stateDir";
    return { status: "fail", error: unusable("stateDir", stateDir, fault), advice };
  }
  const { memory, problem } = fileStore(stateDir).read();
  if (problem !== undefined) {
    return { status: "warn", detail: problem, advice: "nothing: the next run writes it again" };
  }
  const { lastRun } = memory;
  if (lastRun === undefined) return { status: "ok", detail: `no run yet; in ${stateDir}`, value: memory };
  const detail = `last run: ${lastRun.outcome}, ${describeDuration(clock.now() - lastRun.endedAt)} ago; in ${stateDir}`;
  const code = exitCodes[lastRun.outcome];
  if (code === 0 || code === exitCodes.waiting) return { status: "ok", detail, value: memory };
  // `status` would name this command again.
  return { status: "warn", detail, advice: "linkuser-agent, once the other checks pass", value: memory };
}

function writeFault(folder: string): Error | undefined {
  return faultOf(() => {
    const path = join(folder, `doctor-${process.pid}.tmp`);
    try {
      using file = openOwnFile(path, "create");
      writeSync(file.descriptor, "x");
    } finally {
      retryWhileHeld(() => rmSync(path, { force: true }));
    }
  });
}

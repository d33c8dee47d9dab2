import type { CommandLine } from "../cli/command-line.ts";
import { describeDuration } from "../duration.ts";
import { exitCodes } from "../exit-codes.ts";
import type { MachineMemory } from "../link/memory.ts";
import { printable } from "../printable.ts";
import { fileStore } from "../state/store.ts";
import { effectivePaths, loadSettings } from "../wiring/load-settings.ts";
import type { CommandResult, Runtime } from "../wiring/runtime.ts";

/**
 * Shows how the last run on this machine ended, with that run's exit code, so that a detection rule needs no parser.
 * Where there was none yet the code is that of `waiting`: a trigger will come for it.
 */
export function status(runtime: Runtime, commandLine: CommandLine): CommandResult {
  const { settings } = loadSettings(runtime, commandLine);
  const { stateDir } = effectivePaths(runtime.platform, settings);
  const { memory, problem } = fileStore(stateDir).read();
  const { lastRun, link, notBefore } = memory;
  return {
    exitCode: exitCodes[lastRun?.outcome ?? "waiting"],
    document: {
      lastRun: lastRun === undefined ? null : { ...lastRun, endedAt: isoTime(lastRun.endedAt) },
      link: link === undefined ? null : { ...link, linkedAt: isoTime(link.linkedAt) },
      nextTry: notBefore === undefined ? null : isoTime(notBefore),
      stateDir,
      problem: problem ?? null,
    },
    text: describe(memory, problem, nothingYet(stateDir, runtime.platform.privileged), runtime.clock.now()),
  };
}

/** A plain user's own runs are all that a plain user may see. */
function nothingYet(stateDir: string, privileged: boolean): string {
  const told = `none yet, as far as ${printable(stateDir)} tells`;
  return privileged ? told : `${told}; what the logon trigger did is shown to administrators alone`;
}

const isoTime = (ms: number): string => new Date(ms).toISOString();

function describe(
  { lastRun, link, notBefore }: MachineMemory,
  problem: string | undefined,
  nothing: string,
  now: number,
): string {
  const lines: string[] = [];
  if (problem !== undefined) lines.push(`Problem    ${printable(problem)}`);
  if (lastRun === undefined) {
    lines.push(`Last run   ${nothing}`);
  } else {
    lines.push(
      `Last run   ${lastRun.outcome}, ${describeDuration(now - lastRun.endedAt)} ago (${isoTime(lastRun.endedAt)})`,
    );
    lines.push(`           ${printable(lastRun.message)}`);
    for (const warning of lastRun.warnings ?? []) lines.push(`Warning    ${printable(warning)}`);
  }
  if (link !== undefined) {
    const group = link.group === null ? "no group" : `group ${printable(link.group)}`;
    lines.push(`Linked     ${printable(link.username)}, ${group}, since ${isoTime(link.linkedAt)}`);
    const device = `${link.device.value} (${link.device.source}, ${link.device.detail})`;
    lines.push(`Device     ${printable(device)} at ${printable(link.tenant)}`);
  }
  if (notBefore !== undefined) lines.push(`Next try   not before ${isoTime(notBefore)}`);
  return lines.join("\n");
}

import type { CommandLine } from "../cli/command-line.ts";
import { describeDuration, describeLocalMoment, latestMoment } from "../duration.ts";
import { exitCodes } from "../exit-codes.ts";
import { describeDevice } from "../identity/device/candidates.ts";
import type { LastRun, MachineMemory } from "../link/memory.ts";
import { dueAt } from "../link/plan-link.ts";
import type { Platform } from "../platform/port.ts";
import { printable } from "../printable.ts";
import { fileStore } from "../state/store.ts";
import { effectivePaths, loadSettings } from "../wiring/load-settings.ts";
import type { CommandResult, Runtime } from "../wiring/runtime.ts";

/**
 * Shows how the last run on this machine ended, with that run's exit code, so that a detection rule needs no parser.
 * Before the first run the code is that of `waiting`: the trigger will start one.
 */
export function status(runtime: Runtime, commandLine: CommandLine): CommandResult {
  const { settings } = loadSettings(runtime, commandLine);
  const { stateDir } = effectivePaths(runtime.platform, settings);
  const { memory, problem } = fileStore(stateDir).read();
  const { lastRun, link, notBefore } = memory;
  const next = nextRun(memory, settings.relinkAfter, runtime.platform.trigger?.().kind === "found");
  return {
    exitCode: exitCodes[lastRun?.outcome ?? "waiting"],
    document: {
      lastRun: lastRun === undefined ? null : { ...lastRun, endedAt: isoTime(lastRun.endedAt) },
      link: link === undefined ? null : { ...link, linkedAt: isoTime(link.linkedAt) },
      nextTry: notBefore === undefined ? null : isoTime(notBefore),
      next: next === undefined ? null : { ...next, at: isoTime(next.at) },
      stateDir,
      problem: problem ?? null,
    },
    text: [
      describe(memory, next, problem, nothingYet(stateDir, runtime.platform.privileged), runtime.clock.now()),
      ...nextStep(lastRun, runtime.platform),
    ].join("\n"),
  };
}

interface NextRun {
  /** Wall-clock milliseconds: no run asks the API before, unless something changes. */
  readonly at: number;
  readonly by: "waiting-run" | "trigger" | "next-run";
  /** Process ID of the run that waits. */
  readonly pid?: number;
}

/** The time and the run of the next call. */
function nextRun(
  { link, notBefore, waiter }: MachineMemory,
  relinkAfter: number,
  triggered: boolean,
): NextRun | undefined {
  const by = triggered ? "trigger" : "next-run";
  if (notBefore !== undefined) {
    return waiter === undefined ? { at: notBefore, by } : { at: notBefore, by: "waiting-run", pid: waiter };
  }
  return link === undefined ? undefined : { at: Math.min(dueAt(link, relinkAfter), latestMoment), by };
}

function describeNext({ at, by, pid }: NextRun): string {
  const actors = {
    "waiting-run": `process ${pid}, which is waiting`,
    trigger: "the trigger",
    "next-run": "the next run",
  };
  return `not before ${describeLocalMoment(at)}, by ${actors[by]}`;
}

/** The next step if no run is known, or if the last one failed; none while it waits for its turn. */
function nextStep(lastRun: LastRun | undefined, { privileged, name }: Platform): readonly string[] {
  const code = lastRun === undefined ? undefined : exitCodes[lastRun.outcome];
  if (code === 0 || code === exitCodes.waiting) return [];
  const command = `linkuser-agent ${code === undefined && !privileged ? "status" : "doctor"}`;
  if (privileged) return [`next: ${command}`];
  return [name === "windows" ? `next: run ${command} from an elevated prompt` : `next: sudo ${command}`];
}

/** A plain user sees only their own runs. */
function nothingYet(stateDir: string, privileged: boolean): string {
  const nothing = `none yet in ${printable(stateDir)}`;
  return privileged ? nothing : `${nothing}; only administrators see the runs of the logon trigger`;
}

const isoTime = (ms: number): string => new Date(ms).toISOString();

function describe(
  { lastRun, link }: MachineMemory,
  next: NextRun | undefined,
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
      `Last run   ${lastRun.outcome}, ${describeDuration(now - lastRun.endedAt)} ago (${describeLocalMoment(lastRun.endedAt)})`,
    );
    lines.push(`           ${printable(lastRun.message)}`);
    for (const warning of lastRun.warnings ?? []) lines.push(`Warning    ${printable(warning)}`);
  }
  if (link !== undefined) {
    const group = link.group === null ? "no group" : `group ${printable(link.group)}`;
    lines.push(`Linked     ${printable(link.username)}, ${group}, since ${describeLocalMoment(link.linkedAt)}`);
    lines.push(`Device     ${printable(describeDevice(link.device))} at ${printable(link.tenant)}`);
  }
  if (next !== undefined) lines.push(`Next       ${describeNext(next)}`);
  return lines.join("\n");
}

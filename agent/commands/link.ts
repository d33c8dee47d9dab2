import { existsSync } from "node:fs";
import type { CommandLine } from "../cli/command-line.ts";
import { type AgentError, asAgentError } from "../errors.ts";
import type { LinkResult } from "../link/ports.ts";
import { runLink } from "../link/run.ts";
import { countdownIn } from "../render/countdown.ts";
import { describeLink } from "../render/link-text.ts";
import { liveLineOf } from "../render/live-line.ts";
import { fitTerminal } from "../render/terminal-text.ts";
import type { ResolvedSettings } from "../settings/layers.ts";
import { describeIgnored } from "../settings/trusted-environment.ts";
import { acquireLock } from "../state/lock.ts";
import { fileStore } from "../state/store.ts";
import { deadlineSignal } from "../wiring/deadline.ts";
import { linkPorts } from "../wiring/link-ports.ts";
import { effectivePaths, loadSettings } from "../wiring/load-settings.ts";
import { eventReport } from "../wiring/log/event-report.ts";
import { openLog } from "../wiring/log/open-log.ts";
import type { CommandResult, Runtime } from "../wiring/runtime.ts";

export async function link(given: Runtime, commandLine: CommandLine): Promise<CommandResult> {
  const { flags } = commandLine;
  // A run that its caller repeats is unattended, even with a terminal.
  const runtime = flags["will-repeat"] === true ? { ...given, onTerminal: false, resultBeside: false } : given;
  try {
    return describeLink(await run(runtime, loadSettings(runtime, commandLine), flags));
  } catch (thrown) {
    await endEarly(runtime, commandLine, asAgentError(thrown));
    throw thrown;
  }
}

/**
 * Reports an error that ended a run before its log was open to the system's event log, and remembers it for `status`
 * and the trigger's next runs: a wrong setting is reported once a day, not at each start.
 */
async function endEarly(
  { platform, environment, clock }: Runtime,
  { flags, settings }: CommandLine,
  error: AgentError,
): Promise<void> {
  const { outcome, code, message } = error;
  const willRepeat = flags["will-repeat"] === true;
  const named = settings.values["stateDir"] ?? environment["LINKUSER_STATE_DIR"];
  const stateDir = typeof named === "string" ? named : platform.paths.stateDir;
  const store = fileStore(stateDir);
  const previous = store.read().memory.lastRun;
  eventReport(platform, { willRepeat, previous, now: clock.now }).end(outcome, code, message);
  if (!willRepeat) return;
  try {
    if (named === undefined && !existsSync(stateDir)) platform.protectFolder?.(stateDir);
    using _lock = await acquireLock(stateDir, platform.tryLock, clock, AbortSignal.abort());
    const { memory } = store.read();
    store.write({ ...memory, lastRun: { outcome, message, errorCode: code, endedAt: clock.now() } });
  } catch {
    // If it can't be remembered, or another run holds the lock, the next run reports it again.
  }
}

async function run(runtime: Runtime, resolved: ResolvedSettings, flags: CommandLine["flags"]): Promise<LinkResult> {
  const { platform, clock } = runtime;
  const { settings } = resolved;
  const willRepeat = flags["will-repeat"] === true;
  const { stateDir, logFile } = effectivePaths(platform, settings);
  // A folder that an administrator created or named keeps its access rights.
  if (settings.stateDir === undefined && !existsSync(stateDir)) platform.protectFolder?.(stateDir);
  const store = fileStore(stateDir);
  const previous = willRepeat ? store.read().memory.lastRun : undefined;
  const events = eventReport(platform, { willRepeat, previous, now: clock.now });
  const line = liveLineOf(runtime);
  const writeError = (text: string): void => {
    // It is shown again below the log's lines.
    line?.erase();
    const terminal = { columns: runtime.terminalWidth(), colour: false };
    runtime.writeError(runtime.onTerminal ? fitTerminal(text, terminal) : text);
  };
  const logs = openLog({ ...runtime, writeError }, settings.logLevel, logFile, events);
  const ignored = describeIgnored(runtime.ignoredVariables);
  if (ignored !== undefined) logs.log.warn("environment-ignored", ignored);

  const ports = linkPorts(runtime, resolved, flags, { ...logs, store, countdown: line && countdownIn(line) });
  const immediate = flags["no-splay"] === true || runtime.onTerminal;
  const options = { settings, force: flags["force"] === true, immediate, willRepeat };
  try {
    const result = await runLink(ports, options, deadlineSignal(runtime, settings.deadline));
    events.end(result.outcome, result.error?.code, result.message);
    return result;
  } finally {
    await ports.rest(false);
  }
}

import { existsSync } from "node:fs";
import type { CommandLine } from "../cli/command-line.ts";
import { asAgentError } from "../errors.ts";
import type { LinkResult } from "../link/ports.ts";
import { runLink } from "../link/run.ts";
import { countdownIn } from "../render/countdown.ts";
import { describeLink } from "../render/link-text.ts";
import { liveLineOf, writeAbove } from "../render/live-line.ts";
import type { ResolvedSettings } from "../settings/layers.ts";
import { describeIgnored } from "../settings/trusted-environment.ts";
import { fileStore } from "../state/store.ts";
import { deadlineSignal } from "../wiring/deadline.ts";
import { linkPorts } from "../wiring/link-ports.ts";
import { effectivePaths, loadSettings } from "../wiring/load-settings.ts";
import { eventReport } from "../wiring/log/event-report.ts";
import { openLog } from "../wiring/log/open-log.ts";
import type { CommandResult, Runtime } from "../wiring/runtime.ts";

/** Links this device to its logged-on user once. */
export async function link(given: Runtime, commandLine: CommandLine): Promise<CommandResult> {
  const { flags } = commandLine;
  // A run that its caller repeats is unattended, whatever its streams look like.
  const runtime = flags["will-repeat"] === true ? { ...given, onTerminal: false, resultBeside: false } : given;
  try {
    return describeLink(await run(runtime, loadSettings(runtime, commandLine), flags));
  } catch (thrown) {
    const error = asAgentError(thrown);
    // Before a log can be opened, only the system's event log can be written.
    runtime.platform.reportEvent(error.outcome, error.message);
    throw thrown;
  }
}

async function run(runtime: Runtime, resolved: ResolvedSettings, flags: CommandLine["flags"]): Promise<LinkResult> {
  const { platform, clock } = runtime;
  const { settings } = resolved;
  const willRepeat = flags["will-repeat"] === true;
  const { stateDir, logFile } = effectivePaths(platform, settings);
  // A folder that an administrator made or named keeps the access that it was given.
  if (settings.stateDir === undefined && !existsSync(stateDir)) platform.protectFolder?.(stateDir);
  const store = fileStore(stateDir);
  const events = eventReport(platform, { willRepeat, previous: store.read().memory.lastRun, now: clock.now });
  const line = liveLineOf(runtime);
  const writeError = writeAbove(line, runtime.writeError);
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

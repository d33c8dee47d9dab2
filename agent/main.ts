import { realpathSync } from "node:fs";
import { type CommandLine, readCommandLine, wantsJson } from "./cli/command-line.ts";
import type { CommandName } from "./cli/commands.ts";
import type { Clock } from "./clock.ts";
import { AgentError, asAgentError, framesOf } from "./errors.ts";
import { exitCodes } from "./exit-codes.ts";
import { selectPlatform, systemName } from "./platform/select.ts";
import { printable, printableJson } from "./printable.ts";
import {
  guardStandardStreams,
  onTerminal,
  resultBeside,
  resultColumns,
  showsColour,
  terminalWidth,
  writeStandard,
} from "./render/standard-streams.ts";
import { fitTerminal } from "./render/terminal-text.ts";
import { isPersonsRun, trustedEnvironment } from "./settings/trusted-environment.ts";
import { refuseFileFlags } from "./wiring/refuse-file-flags.ts";
import type { CommandResult, Runtime } from "./wiring/runtime.ts";

type Command = (runtime: Runtime, commandLine: CommandLine) => CommandResult | Promise<CommandResult>;

/** Loaded when they run, so that `status` does not load the modules of `link`. */
const loaders: Readonly<Record<CommandName, (flags: CommandLine["flags"]) => Promise<Command>>> = {
  link: async (flags) =>
    flags["dry-run"] === true
      ? (await import("./commands/dry-run.ts")).dryRun
      : (await import("./commands/link.ts")).link,
  status: async () => (await import("./commands/status.ts")).status,
  plan: async () => (await import("./commands/plan.ts")).planCommand,
  config: async () => (await import("./commands/config.ts")).config,
  doctor: async () => (await import("./commands/doctor.ts")).doctor,
  install: async () => (await import("./commands/install.ts")).install,
  completion: async () => (await import("./commands/completion.ts")).completion,
  uninstall: async () => (await import("./commands/uninstall.ts")).uninstall,
};

const systemClock: Clock = {
  now: () => Date.now(),
  // Not performance.now(), which loads node:perf_hooks.
  monotonic: () => Number(process.hrtime.bigint()) / 1e6,
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const wake = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      signal.addEventListener("abort", wake);
    }),
};

/** What a run has from outside; other ones while the build trains a snapshot. */
const outside = { selectPlatform, clock: systemClock };

/** Aborted by the signals with which systems ask a process to end. */
function interruption(): AbortSignal {
  const ending = new AbortController();
  for (const name of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    process.once(name, () =>
      ending.abort(new AgentError("interrupted", `Stopped by ${name} before the link was made.`)),
    );
  }
  return ending.signal;
}

async function answer(argv: readonly string[], { selectPlatform, clock }: typeof outside): Promise<CommandResult> {
  const commandLine = readCommandLine(argv);
  if (["help", "help-all", "version"].some((name) => commandLine.flags[name] === true)) {
    return await selfDescription(commandLine);
  }
  const command = await loaders[commandLine.command](commandLine.flags);
  const platform = await selectPlatform();
  platform.forbidDumps?.();
  const person = platform.startedByPerson();
  // Windows has no sudo rules: an elevated prompt belongs to an administrator.
  if (platform.privileged && platform.name !== "windows" && isPersonsRun(process.env, person)) {
    refuseFileFlags(commandLine);
  }
  const { variables, ignored } = trustedEnvironment(process.env, platform.privileged, person);
  // OpenSSL and the C library read their own variables from the process.
  for (const name of ignored) delete process.env[name];
  const seen = onTerminal() && platform.unseen?.() !== true;
  const runtime: Runtime = {
    platform,
    environment: variables,
    ignoredVariables: ignored,
    clock,
    random: Math.random,
    onTerminal: seen,
    resultBeside: seen && resultBeside(),
    terminalWidth,
    resultWidth: () => resultColumns() ?? 80,
    writeError: (text) => writeStandard(2, text),
    // `plan` computes for up to minutes without handling signals, and leaves nothing unfinished: signals end it directly.
    interrupted: commandLine.command === "plan" ? new AbortController().signal : interruption(),
    executable: () => (process.getBuiltinModule("node:sea").isSea() ? realpathSync(process.execPath) : undefined),
  };
  return await command(runtime, commandLine);
}

async function selfDescription({ command, named, flags }: CommandLine): Promise<CommandResult> {
  const { overview, commandHelp } = await import("./cli/help.ts");
  const { version, commit } = await import("./version.ts");
  if (flags["version"] === true) {
    const text = `${version} (${commit ?? "from sources"}, ${systemName})`;
    return { exitCode: 0, document: { version, commit: commit ?? null, platform: systemName }, text };
  }
  const all = flags["help-all"] === true;
  const width = Math.min(resultColumns() ?? 80, 100);
  const text = named || all ? commandHelp(command, all, width) : overview(width);
  return { exitCode: 0, document: { help: text }, text };
}

function failure(thrown: unknown): CommandResult {
  const error = asAgentError(thrown);
  const { outcome, message, code } = error;
  const defect = framesOf(error);
  if (defect !== undefined) writeStandard(2, `${printable(defect, 4000)}\n`);
  const lines = message.split("\n").map((line) => printable(line, 2000));
  return {
    exitCode: exitCodes[outcome],
    document: { outcome, message, error: { code } },
    text: `${outcome}: ${lines.join("\n")}`,
  };
}

/** Runs one command and ends the process; the only place that does. */
export async function main(argv: readonly string[], given = outside): Promise<never> {
  guardStandardStreams();
  const end = (result: CommandResult): never => {
    const columns = resultColumns();
    const shown = wantsJson(argv)
      ? printableJson(result.document)
      : columns === undefined
        ? result.text
        : fitTerminal(result.text, { columns, colour: showsColour(process.env) });
    const lost = writeStandard(1, `${shown}\n`);
    if (lost !== undefined) writeStandard(2, `The result can't be written to standard output: ${lost}.\n`);
    process.exit(result.exitCode);
  };
  // A defect outside of any awaited call: in a listener, a timer or a promise.
  process.once("uncaughtException", (thrown) => end(failure(thrown)));
  return end(await answer(argv, given).catch(failure));
}

if (import.meta.main) void main(process.argv.slice(2));

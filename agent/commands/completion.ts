import { type CommandLine, flagText, refuseSettings } from "../cli/command-line.ts";
import { shells } from "../cli/commands.ts";
import { completionScript } from "../cli/completion.ts";
import { AgentError } from "../errors.ts";
import type { CommandResult } from "../wiring/runtime.ts";

export function completion(_runtime: unknown, commandLine: CommandLine): CommandResult {
  const { flags } = commandLine;
  refuseSettings(commandLine);
  const given = flagText(flags["shell"]);
  const shell = shells.find((one) => one === given);
  if (shell === undefined) {
    const which = given === undefined ? "" : `There is no completion for ${given}. `;
    throw new AgentError("invalid-value", `${which}Name a shell: linkuser-agent completion ${shells.join("|")}`);
  }
  const script = completionScript(shell);
  return { exitCode: 0, document: { shell, script }, text: script.trimEnd() };
}

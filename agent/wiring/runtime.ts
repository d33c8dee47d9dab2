import type { Clock } from "../clock.ts";
import type { Platform } from "../platform/port.ts";

export interface Runtime {
  readonly platform: Platform;
  /** Without ignored variables, see `settings/trusted-environment.ts`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Names of the variables that were left out of it. */
  readonly ignoredVariables: readonly string[];
  readonly clock: Clock;
  readonly random: () => number;
  /** Whether a person watches standard error. */
  readonly onTerminal: boolean;
  /** Whether the terminal also shows standard output, and so the result. */
  readonly resultBeside: boolean;
  /** Columns of that terminal. */
  readonly terminalWidth: () => number;
  /** Columns for the result: those of the terminal at standard output, 80 in a pipe. */
  readonly resultWidth: () => number;
  readonly writeError: (text: string) => void;
  /** Aborted when the process is asked to end. */
  readonly interrupted: AbortSignal;
  /** This program's own file, absolute and without links; undefined if it runs from its sources. */
  readonly executable: () => string | undefined;
}

/** A command's report, in both forms; `main.ts` prints one of them and ends with the exit code. */
export interface CommandResult {
  readonly exitCode: number;
  readonly document: object;
  /** In lines of any length; a terminal shows them by `render/terminal-text.ts`. */
  readonly text: string;
}

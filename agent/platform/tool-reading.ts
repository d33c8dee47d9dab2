import { messageOf } from "../errors.ts";
import type { Account } from "../identity/sources.ts";
import { absent, failedBy, found, type Reading } from "../reading.ts";
import { runProgram } from "./run-program.ts";

/** Something that both this program and a tool of the system's can read. */
export type ComparedFact =
  /** In use, in lower case with colons. */
  | "mac-addresses"
  | "hardware-uuid"
  /** Each as `ID USERKEY`. */
  | "sessions"
  /** User keys of those at the screen. */
  | "console-user"
  /** `USERKEY NAME` */
  | "user"
  /** Names in the system's spelling. */
  | "groups"
  /** `domain`, `entra`; nothing for an account of this machine. */
  | "directory"
  /** `there`, or nothing. */
  | "trigger"
  /** `protected`, or nothing. */
  | "credential";

/** A fact according to one of the system's own tools. */
export interface ToolReading {
  readonly fact: ComparedFact;
  /** As a person would type it. */
  readonly command: string;
  /** Absent if the tool can't say it in this run. */
  readonly values: Reading<readonly string[]>;
  /** `ours`: this program may know more than the tool; `theirs`: the tool may; otherwise neither. */
  readonly mayHaveMore?: "ours" | "theirs";
}

/** Asks the tools one after another; none of them changes anything. */
export type ReadTools = (account: Account | undefined) => readonly ToolReading[];

/** Starts one of the system's programs by its absolute path and gives its standard output. @throws AgentError */
export type AskTool = (path: string, ...parameters: readonly string[]) => Buffer;

/** With nothing of this process's environment. @throws AgentError `identity-unreadable` */
export const askTool: AskTool = (path, ...parameters) => runProgram(path, parameters, { env: { LC_ALL: "C" } });

/** @param read may throw, which makes a reading that failed */
export function toolReading(
  fact: ComparedFact,
  command: string,
  read: () => Reading<readonly string[]> | readonly string[],
  mayHaveMore?: ToolReading["mayHaveMore"],
): ToolReading {
  const more = mayHaveMore === undefined ? {} : { mayHaveMore };
  try {
    const values = read();
    if ("kind" in values) return { fact, command, values, ...more };
    const silent = values.includes("");
    return { fact, command, values: silent ? absent(command, "it printed nothing") : found(values, command), ...more };
  } catch (cause) {
    const message = `The output of ${command} can't be read: ${messageOf(cause)}.`;
    return { fact, command, values: failedBy(command, cause, "identity-unreadable", message), ...more };
  }
}

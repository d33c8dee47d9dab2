import { AgentError } from "../../../errors.ts";
import { reasonOf } from "../../../files/open-file.ts";
import { stateStep } from "../../install-steps.ts";
import type { InstallStep } from "../../port.ts";
import type { Readers } from "../files/write-protected.ts";
import type { WindowsMachine } from "./install-machine.ts";

/** Operations on files; tests replace them. */
type MachineFiles = Pick<
  WindowsMachine,
  "readFile" | "replaceFile" | "removeFile" | "readProtected" | "writeProtected"
>;

/**
 * Installs a file that only administrators may change.
 * @param what for people, before the path
 * @param content undefined to remove the file
 * @param readers accounts that may read it, also if it is restored
 */
export function fileStep(
  machine: MachineFiles,
  what: string,
  path: string,
  content: Buffer | undefined,
  readers: Readers = "administrators",
): InstallStep {
  const before = acting(`${path} can't be read`, () => machine.readFile(path));
  return stateStep<Buffer>(
    `${what} ${path}`,
    before,
    content,
    (one, other) => one.equals(other),
    (bytes, done) =>
      acting(`${path} can't be ${done}`, () =>
        bytes === undefined ? machine.removeFile(path) : machine.replaceFile(path, bytes, readers),
      ),
  );
}

/** A credential that could not be read before, because others could read it, can't be restored. */
const unread = Symbol("unread");

/** @param text undefined to remove the credential */
export function credentialStep(machine: MachineFiles, path: string, text: string | undefined): InstallStep {
  const reading = machine.readProtected(path);
  const before = reading.kind === "found" ? reading.value : reading.kind === "absent" ? undefined : unread;
  return stateStep<string | typeof unread>(`credential ${path}`, before, text, Object.is, (state, done) => {
    if (state === undefined) acting(`${path} can't be ${done}`, () => machine.removeFile(path));
    else if (state !== unread) machine.writeProtected(path, state);
  });
}

/** @throws AgentError `install-failed`, with the system's reason */
export function acting<T>(problem: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    if (cause instanceof AgentError) throw cause;
    throw new AgentError("install-failed", `${problem}: ${reasonOf(cause)}.`, { cause });
  }
}

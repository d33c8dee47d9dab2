import { AgentError } from "../../../errors.ts";
import { reasonOf } from "../../../files/open-file.ts";
import type { Reading } from "../../../reading.ts";
import type { InstallStep } from "../../port.ts";

/** Settings are no secret, and a run of a plain user needs them. */
type Readers = "everybody" | "administrators";

/** Operations on files; tests replace them. */
export interface MachineFiles {
  /** Undefined if there is no such file. @throws the system's error, as the others do */
  readFile(path: string): Buffer | undefined;
  /** Replaces a whole file by one that only administrators may change. */
  replaceFile(path: string, content: Buffer, readers: Readers): void;
  removeFile(path: string): void;
  readProtected(path: string): Reading<string>;
  writeProtected(path: string, text: string): void;
}

/** Installs a file that only administrators may change. @param what for people, before the path */
export function fileStep(
  machine: MachineFiles,
  what: string,
  path: string,
  content: Buffer,
  readers: Readers,
): InstallStep {
  const before = acting(`${path} can't be read`, () => machine.readFile(path));
  return {
    what: `${what} ${path}`,
    change: before === undefined ? "create" : before.equals(content) ? "keep" : "update",
    apply: () => {
      acting(`${path} can't be written`, () => machine.replaceFile(path, content, readers));
      return () => putBack(machine, path, before, readers);
    },
  };
}

/** Removes a file. @param readers accounts that may read it if it is restored */
export function fileRemovalStep(
  machine: MachineFiles,
  what: string,
  path: string,
  readers: Readers = "administrators",
): InstallStep {
  const before = acting(`${path} can't be read`, () => machine.readFile(path));
  return {
    what: `${what} ${path}`,
    change: before === undefined ? "absent" : "remove",
    apply: () => {
      acting(`${path} can't be removed`, () => machine.removeFile(path));
      return () => putBack(machine, path, before, readers);
    },
  };
}

function putBack(machine: MachineFiles, path: string, before: Buffer | undefined, readers: Readers): void {
  acting(`${path} can't be put back`, () =>
    before === undefined ? machine.removeFile(path) : machine.replaceFile(path, before, readers),
  );
}

export function credentialStep(machine: MachineFiles, path: string, text: string): InstallStep {
  const before = machine.readProtected(path);
  const same = before.kind === "found" && before.value === text;
  return {
    what: `credential ${path}`,
    change: before.kind === "absent" ? "create" : same ? "keep" : "update",
    apply: () => {
      machine.writeProtected(path, text);
      return () => putCredentialBack(machine, path, before);
    },
  };
}

export function credentialRemovalStep(machine: MachineFiles, path: string): InstallStep {
  const before = machine.readProtected(path);
  return {
    what: `credential ${path}`,
    change: before.kind === "absent" ? "absent" : "remove",
    apply: () => {
      acting(`${path} can't be removed`, () => machine.removeFile(path));
      return () => putCredentialBack(machine, path, before);
    },
  };
}

/** A credential that could not be read before, because others could read it, can't be restored. */
function putCredentialBack(machine: MachineFiles, path: string, before: Reading<string>): void {
  if (before.kind === "found") machine.writeProtected(path, before.value);
  if (before.kind === "absent") acting(`${path} can't be put back`, () => machine.removeFile(path));
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

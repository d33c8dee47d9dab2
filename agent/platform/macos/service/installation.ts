import { AgentError, messageOf } from "../../../errors.ts";
import type { Trust } from "../../../files/trusted-path.ts";
import { applySteps, part } from "../../install-steps.ts";
import type { InstallRequest, InstallStep, Paths } from "../../port.ts";
import { fileStep, folderRemovalStep, removalStep, requestedFiles } from "../../posix/file-steps.ts";
import { writableByOthers } from "../../posix/protected-files.ts";
import type { RunTool } from "../tools.ts";
import { daemonPropertyList, daemonTarget, isLoaded } from "./launchd.ts";

/** The Mac on which is installed. */
export interface Machine {
  readonly paths: Paths;
  readonly trust: Trust;
  readonly run: RunTool;
  /** Where the job's property list goes. */
  readonly daemonFile: string;
  /** Waits so many milliseconds. */
  readonly pause: (ms: number) => void;
}

/** Settings and credential first, so that no run starts half set up. @throws AgentError `install-failed` */
export function installSteps(machine: Machine, request: InstallRequest): readonly InstallStep[] {
  return [...requestedFiles(request, machine.paths), installTrigger(machine, request.executable)];
}

function installTrigger(machine: Machine, executable: string): InstallStep {
  refuseExecutable(executable, machine.trust);
  const file = fileStep("logon trigger", machine.daemonFile, { text: propertyListOf(executable), mode: 0o644 });
  const loaded = isLoaded(machine.run);
  return {
    ...file,
    change: file.change === "keep" && !loaded ? "update" : file.change,
    apply: () =>
      applySteps([
        ...unloading(machine, loaded),
        file,
        part(
          () => load(machine),
          () => unload(machine),
        ),
      ]),
  };
}

/** @throws AgentError `install-failed` */
export function uninstallSteps(machine: Machine, purge: boolean): readonly InstallStep[] {
  const file = removalStep("logon trigger", machine.daemonFile);
  const loaded = isLoaded(machine.run);
  return [
    {
      ...file,
      change: file.change === "absent" && loaded ? "remove" : file.change,
      apply: () => applySteps([...unloading(machine, loaded), file]),
    },
    removalStep("credential", machine.paths.credentialFile),
    ...(purge ? [folderRemovalStep("settings, state and log", machine.paths.stateDir)] : []),
  ];
}

const unloading = (machine: Machine, loaded: boolean): readonly InstallStep[] =>
  loaded
    ? [
        part(
          () => unload(machine),
          () => load(machine),
        ),
      ]
    : [];

/** A disabled job would not be loaded. */
function load(machine: Machine): void {
  launchctl(machine, "enable", daemonTarget);
  launchctl(machine, "bootstrap", "system", machine.daemonFile);
}

/** A run that waits for its turn ends at once; launchd gives it 20 s. Loading again before that would fail. */
const looks = 100;
const betweenLooks = 250;

function unload(machine: Machine): void {
  launchctl(machine, "bootout", daemonTarget);
  for (let look = 0; look < looks && isLoaded(machine.run); look++) machine.pause(betweenLooks);
}

function launchctl({ run }: Machine, ...parameters: readonly string[]): void {
  try {
    run("launchctl", ...parameters);
  } catch (cause) {
    throw new AgentError("install-failed", `launchctl ${parameters.join(" ")} failed: ${messageOf(cause)}`, { cause });
  }
}

function propertyListOf(executable: string): string {
  try {
    return daemonPropertyList(executable);
  } catch (cause) {
    throw cannotStart(executable, "its path has characters that property lists do not allow", cause);
  }
}

/** Only root may be able to change a program that root starts. */
function refuseExecutable(executable: string, trust: Trust): void {
  const writable = writableByOthers(executable, trust);
  if (writable.kind === "failed") throw writable.error;
  if (writable.kind === "absent" || writable.value) {
    throw cannotStart(executable, "users other than root can change it or one of its folders");
  }
}

function cannotStart(executable: string, why: string, cause?: unknown): AgentError {
  const move = "Put it where only root may write, such as /Library/LinkUserAgent, and run install from there.";
  return new AgentError("install-failed", `The logon trigger can't start ${executable}: ${why}. ${move}`, { cause });
}

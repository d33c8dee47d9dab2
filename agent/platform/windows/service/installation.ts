import { AgentError } from "../../../errors.ts";
import { absent } from "../../../reading.ts";
import { applySteps, part, stateStep } from "../../install-steps.ts";
import type { InstallRequest, InstallStep, Undo } from "../../port.ts";
import { folderOf, ownFiles, taskDefinitionFile } from "../paths.ts";
import { acting, credentialStep, fileStep } from "./file-steps.ts";
import type { WindowsMachine } from "./install-machine.ts";
import { taskDefinition, taskFileContent, taskName } from "./task-definition.ts";

/** Settings and credential first, so that no run starts half set up. @throws AgentError `install-failed` */
export function installSteps(machine: WindowsMachine, request: InstallRequest): readonly InstallStep[] {
  refuseExecutable(machine, request.executable);
  const { settings, credential } = request;
  const { configFile, credentialFile } = machine.paths;
  const foreign = plantedIn(machine);
  if (foreign !== undefined) return [asideStep(machine, foreign), ...installSteps(without(machine, foreign), request)];
  return [
    folderStep(machine),
    ...(settings === undefined
      ? []
      : [fileStep(machine, "settings file", configFile, Buffer.from(settings), "everybody")]),
    ...(credential === undefined ? [] : [credentialStep(machine, credentialFile, credential.reveal())]),
    eventSourceStep(machine, true),
    taskStep(machine, taskDefinition(request.executable)),
  ];
}

/** The trigger first, so that no run starts meanwhile. @throws AgentError `install-failed` */
export function uninstallSteps(machine: WindowsMachine, purge: boolean): readonly InstallStep[] {
  const { configFile, credentialFile } = machine.paths;
  return [
    taskRemovalStep(machine),
    credentialStep(machine, credentialFile, undefined),
    ...(purge
      ? [
          fileStep(machine, "settings file", configFile, undefined, "everybody"),
          ...ownFiles(machine.paths)
            .map((path) => fileStep(machine, "state or log", path, undefined))
            .filter(({ change }) => change === "remove"),
        ]
      : []),
    eventSourceStep(machine, false),
    emptyFolderStep(machine),
  ];
}

/**
 * The first of this program's paths that another user created: everybody may create folders in ProgramData, and files
 * in folders that an administrator creates there by hand.
 */
function plantedIn({ paths, isForeign }: WindowsMachine): string | undefined {
  const { configFile, credentialFile } = paths;
  const files = [configFile, credentialFile, taskDefinitionFile(paths), ...ownFiles(paths)];
  return [folderOf(configFile), ...files].find(isForeign);
}

/** Whether the settings file is untrusted, so that it must not be merged into the new one. */
export function settingsArePlanted(machine: Pick<WindowsMachine, "paths" | "isForeign">): boolean {
  const { configFile } = machine.paths;
  return [folderOf(configFile), configFile].some(machine.isForeign);
}

/** Its creator may have it open, or keep the right to change it; the folder's access list does not revoke that. */
function asideStep(machine: WindowsMachine, path: string): InstallStep {
  return {
    what: `${path}, which no administrator made: renamed to ${path}.set-aside-…`,
    change: "update",
    apply: () => {
      const undo = acting(`${path} can't be set aside; close what uses it`, () => machine.setAside(path));
      return () => acting(`${path} can't be put back`, undo);
    },
  };
}

/** The machine after the folder was renamed. */
function without(machine: WindowsMachine, gone: string): WindowsMachine {
  const isGone = (path: string): boolean => path === gone || path.startsWith(`${gone}\\`);
  return {
    ...machine,
    readFile: (path) => (isGone(path) ? undefined : machine.readFile(path)),
    readProtected: (path) => (isGone(path) ? absent(path, "set aside") : machine.readProtected(path)),
    folderKind: (path) => (isGone(path) ? "absent" : machine.folderKind(path)),
    isForeign: (path) => !isGone(path) && machine.isForeign(path),
  };
}

function folderStep(machine: WindowsMachine): InstallStep {
  const path = folderOf(machine.paths.configFile);
  const kind = machine.folderKind(path);
  if (kind === "link") {
    // An administrator's.
    throw new AgentError("install-failed", `${path} is a link to another place; remove it.`);
  }
  return {
    what: `folder ${path}, which only administrators can change`,
    change: kind === "absent" ? "create" : "update",
    apply: () => {
      machine.protectFolder(path);
      return () => {
        if (kind === "absent") acting(`${path} can't be removed`, () => machine.removeEmptyFolder(path));
      };
    },
  };
}

function eventSourceStep({ eventSource }: WindowsMachine, wanted: boolean): InstallStep {
  const what = "event log source";
  return stateStep(what, eventSource.isRegistered() || undefined, wanted || undefined, Object.is, (registered) =>
    registered
      ? acting(`the ${what} can't be registered`, () => eventSource.register())
      : acting(`the ${what} can't be removed`, () => eventSource.remove()),
  );
}

/** Always registered again: the definition file does not show changes by an administrator or a tool. */
function taskStep(machine: WindowsMachine, definition: string): InstallStep {
  const { tasks } = machine;
  const path = taskDefinitionFile(machine.paths);
  const file = fileStep(machine, "definition", path, taskFileContent(definition));
  const before = machine.taskRegistered();
  const registration = part(
    () => tasks.register(path),
    () => before || tasks.remove(),
  );
  const again = part(
    () => {},
    () => before && tasks.register(path),
  );
  return {
    what: `logon trigger: scheduled task ${taskName}`,
    change: before ? "update" : "create",
    // The undo is in reverse order: the definition is restored before it is registered again.
    apply: () => applySteps([again, file, registration]),
  };
}

function taskRemovalStep(machine: WindowsMachine): InstallStep {
  const { tasks } = machine;
  const path = taskDefinitionFile(machine.paths);
  const file = fileStep(machine, "definition", path, undefined);
  const registered = machine.taskRegistered();
  const registration = part(
    () => {
      tasks.end();
      tasks.remove();
    },
    () => file.change === "remove" && tasks.register(path),
  );
  return {
    what: `logon trigger: scheduled task ${taskName}`,
    change: registered || file.change === "remove" ? "remove" : "absent",
    apply: () => applySteps([...(registered ? [registration] : []), file]),
  };
}

function emptyFolderStep(machine: WindowsMachine): InstallStep {
  const path = folderOf(machine.paths.configFile);
  return {
    what: `folder ${path}, if nothing else is in it`,
    change: machine.folderKind(path) === "folder" ? "remove" : "absent",
    apply: (): Undo => {
      acting(`${path} can't be removed`, () => machine.removeEmptyFolder(path));
      return () => machine.protectFolder(path);
    },
  };
}

/** Only administrators may be able to change the program that SYSTEM starts. */
function refuseExecutable(machine: WindowsMachine, executable: string): void {
  const writable = machine.writableByOthers(executable);
  if (writable.kind === "failed") throw writable.error;
  const local = /^[a-z]:\\/i.test(executable);
  if (local && writable.kind === "found" && !writable.value) return;
  const why = local ? "users other than administrators can change it or its folder" : "it is not on a local drive";
  const move = "Put it where only administrators may write, such as C:\\Program Files\\LinkUserAgent";
  throw new AgentError(
    "install-failed",
    `The logon trigger can't start ${executable}: ${why}. ${move}, and run install from there.`,
  );
}

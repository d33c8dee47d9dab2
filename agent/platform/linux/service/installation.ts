import { existsSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { AgentError } from "../../../errors.ts";
import type { Trust } from "../../../files/trusted-path.ts";
import { applySteps, part } from "../../install-steps.ts";
import type { InstallRequest, InstallStep, Undo } from "../../port.ts";
import { fileStep, folderRemovalStep, modeStep, removalStep, requestedFiles } from "../../posix/file-steps.ts";
import { writableByOthers } from "../../posix/protected-files.ts";
import { installedCredential, ownFolders, policyPath, settingsPath } from "../paths.ts";
import type { AccountTools, Systemctl } from "./programs.ts";
import { readServiceAccount, serviceAccount, wrongAccount } from "./service-account.ts";
import {
  hiddenFromServices,
  loadedUnits,
  oldestSystemd,
  packageUnitFolder,
  runningUnits,
  sessionUnit,
  timerLink,
  timerUnit,
  unitFiles,
  unitFolder,
} from "./units.ts";
import { unreadableSettings } from "./unreadable-settings.ts";

/** The system's first process, by its two names. */
const systemdPrograms = ["usr/lib/systemd/systemd", "lib/systemd/systemd"];

/** The target machine of an installation; tests replace it. */
export interface Machine {
  /** Where its file system begins. */
  readonly root: string;
  readonly trust: Trust;
  readonly systemctl: Systemctl;
  readonly account: AccountTools;
}

/** Settings and credential first, so that no run starts half set up. @throws AgentError `install-failed` */
export function installSteps(machine: Machine, request: InstallRequest): readonly InstallStep[] {
  const { root } = machine;
  const files = { configFile: settingsPath(root), credentialFile: installedCredential(root) };
  return [
    ...openingSteps(root, request.settings === undefined),
    ...requestedFiles(request, files),
    installTrigger(machine, request.executable),
  ];
}

/**
 * Makes files that an administrator wrote by hand readable for the service. A policy is left to the tool that put it
 * there.
 * @param fileToo not where the settings file is replaced
 */
function openingSteps(root: string, fileToo: boolean): readonly InstallStep[] {
  return unreadableSettings(root)
    .filter(({ path }) => path !== policyPath(root) && (fileToo || path !== settingsPath(root)))
    .map(({ path, wanted }) =>
      modeStep(`mode ${wanted.toString(8)} of ${path}, which the service must be able to read`, path, wanted),
    );
}

function installTrigger(machine: Machine, executable: string): InstallStep {
  const { root, trust, systemctl } = machine;
  const own = join(root, unitFolder, sessionUnit);
  if (isMasked(own)) {
    throw new AgentError("install-failed", `The logon trigger is masked: run systemctl unmask ${sessionUnit}.`);
  }
  const account = accountStep(machine);
  const packaged = join(root, packageUnitFolder, sessionUnit);
  if (existsSync(packaged) && account.change === "keep")
    return untouched(`logon trigger ${packaged}, from the package`);
  if (!systemdPrograms.some((program) => existsSync(join(root, program)))) {
    throw new AgentError("install-failed", "This system has no systemd, which the logon trigger needs.");
  }
  if (existsSync(packaged)) return account;
  refuseOldSystemd(systemctl("--version"));
  refuseExecutable(root, executable, trust);

  const at = (path: string): string => join(root, unitFolder, path);
  const files = [
    ...unitFiles(executable, installedCredential("/")).map(({ path, text }) =>
      fileStep("unit", at(path), { text, mode: 0o644 }),
    ),
    fileStep("unit", at(timerLink.path), { linkTo: timerLink.target }),
  ];
  const changes = new Set([...files, account].map(({ change }) => change));
  const [only] = changes;
  return {
    what: `logon trigger ${own} and ${timerUnit}`,
    change: changes.size === 1 && only !== undefined ? only : "update",
    apply: () =>
      applySteps([
        part(
          () => {},
          () => systemctl("daemon-reload"),
        ),
        ...files,
        part(() => systemctl("daemon-reload")),
        account,
        part(
          () => systemctl("restart", timerUnit),
          () => systemctl("stop", timerUnit),
        ),
      ]),
  };
}

/** @throws AgentError `install-failed` */
function accountStep({ root, account }: Machine): InstallStep {
  const state = readServiceAccount(root, account);
  if (state.kind === "wrong") throw wrongAccount(state.wrong);
  return {
    ...part(account.add, account.remove),
    what: `account ${serviceAccount}`,
    change: state.kind === "there" ? "keep" : "create",
  };
}

/** The last step, after everything that the account owns is gone. */
const removeAccount = ({ root, account }: Machine): InstallStep => ({
  ...part(account.remove, account.add),
  what: `account ${serviceAccount}`,
  change: readServiceAccount(root, account).kind === "there" ? "remove" : "absent",
});

/** @throws AgentError `install-failed` */
export function uninstallSteps(machine: Machine, purge: boolean): readonly InstallStep[] {
  const { root } = machine;
  const packaged = join(root, packageUnitFolder, sessionUnit);
  return [
    uninstallTrigger(machine),
    ...(existsSync(packaged) ? [untouched(`logon trigger ${packaged}, which the package manager removes`)] : []),
    removalStep("credential", installedCredential(root), true),
    ...(purge
      ? [
          removalStep("settings file", settingsPath(root), true),
          ...ownFolders
            .map((folder) => folderRemovalStep("state or log", join(root, folder)))
            .map((step) => afterRuns(machine, step)),
          ...(existsSync(packaged) ? [] : [removeAccount(machine)]),
        ]
      : []),
  ];
}

/** A run in progress, such as one of a package's units, would recreate the files that the step removes. */
function afterRuns({ systemctl }: Machine, step: InstallStep): InstallStep {
  const apply = (): Undo => {
    systemctl("stop", loadedUnits.runs);
    systemctl("reset-failed", loadedUnits.runs);
    return step.apply();
  };
  return { ...step, apply };
}

function uninstallTrigger({ root, systemctl }: Machine): InstallStep {
  const paths = [timerLink.path, ...unitFiles("", "").map(({ path }) => path)];
  const files = paths.map((path) => removalStep("unit", join(root, unitFolder, path), path.includes("/")));
  return {
    what: `logon trigger ${join(root, unitFolder, sessionUnit)} and ${timerUnit}`,
    change: files.every(({ change }) => change === "absent") ? "absent" : "remove",
    apply: () =>
      applySteps([
        part(
          () => systemctl("stop", ...runningUnits),
          () => {
            systemctl("daemon-reload");
            systemctl("start", timerUnit);
          },
        ),
        part(() => systemctl("reset-failed", loadedUnits.all)),
        ...files,
        part(() => systemctl("daemon-reload")),
      ]),
  };
}

const untouched = (what: string): InstallStep => ({ ...part(() => {}), what, change: "keep" });

function isMasked(path: string): boolean {
  try {
    return readlinkSync(path) === "/dev/null";
  } catch {
    return false;
  }
}

/** @param printed begins with `systemd 252 (252.39-1~deb12u1)`; empty if it does not run */
function refuseOldSystemd(printed: string): void {
  const version = /^systemd (\d+)/.exec(printed)?.[1];
  if (version === undefined || Number(version) >= oldestSystemd) return;
  const message = `This system has systemd ${version}; the logon trigger needs ${oldestSystemd} or later.`;
  throw new AgentError("install-failed", message);
}

/** The executable must be writable only by root, visible to the service, and need no quoting. */
function refuseExecutable(root: string, executable: string, trust: Trust): void {
  const move = "Put it where only root may write, such as /usr/local/bin, and run install from there.";
  const refuse = (why: string): never => {
    throw new AgentError("install-failed", `The logon trigger can't start ${executable}: ${why}. ${move}`);
  };
  if (!/^[\w/.+-]+$/.test(executable)) refuse("its path has characters that unit files do not allow");
  const hidden = hiddenFromServices.find((folder) => executable.startsWith(`${folder}/`));
  if (hidden !== undefined) refuse(`services can't see ${hidden}`);
  const writable = writableByOthers(join(root, executable), trust);
  if (writable.kind === "absent") refuse("it no longer exists");
  else if (writable.kind === "failed") refuse(writable.error.message);
  else if (writable.value) refuse(`users other than root can change it: ${writable.value.why}`);
}

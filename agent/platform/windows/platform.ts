import { homedir } from "node:os";
import { messageOf } from "../../errors.ts";
import { failedBy, found, identityReading, type Reading } from "../../reading.ts";
import type { Adapter, EventKind, Platform } from "../port.ts";
import { isAdministrator, type LogonSources, logonSources } from "./accounts/known-users.ts";
import { createLogons } from "./accounts/logons.ts";
import { servicesSession } from "./accounts/sessions.ts";
import { administratorsSid, isServiceSid, type Sid, systemSid, trustedInstallerSid } from "./accounts/sids.ts";
import { type BoundedOptions, boundedCalls, endProcess } from "./bounded-calls.ts";
import { reportEvent } from "./event-log.ts";
import { readProtected, readTrusted } from "./files/protected-files.ts";
import { makeProtectedFolder } from "./files/write-protected.ts";
import {
  firmwareUuid,
  machineGuid,
  placeOf,
  registryDeviceId,
  vendorClientInstalled,
} from "./hardware/hardware-ids.ts";
import { readAdapters } from "./hardware/read-adapters.ts";
import { smbiosTable } from "./hardware/read-firmware.ts";
import { tryLock } from "./lock.ts";
import { systemDirectory } from "./native/library.ts";
import { programDataFolder, windowsPaths } from "./paths.ts";
import { readPolicy } from "./policy.ts";
import { readListener } from "./read-listener.ts";
import { type ReadKey, readMachineKey } from "./read-registry.ts";
import { readTrigger } from "./service/trigger.ts";

const logOns: BoundedOptions = {
  limit: 15_000,
  asksFor: "a log-on token for its own account",
  check: "Check that a domain controller can be reached.",
  code: "not-connected",
};

/** Questions to this machine. */
const thisMachine = () => ({
  environment: process.env as Readonly<Record<string, string | undefined>>,
  readKey: readMachineKey as ReadKey,
  smbiosTable,
  readAdapters: readAdapters as () => readonly Adapter[],
  systemDirectory,
});

const alwaysTrusted = [systemSid, administratorsSid, trustedInstallerSid];

/** Replacements for the machine in tests. */
export interface WindowsOptions extends Partial<ReturnType<typeof thisMachine>> {
  readonly logonSources?: Partial<LogonSources>;
}

/** Windows 10, Windows Server 2016 and later, 64 bits. */
export function createWindowsPlatform(options: WindowsOptions = {}): Platform {
  const { environment, readKey, smbiosTable, readAdapters, systemDirectory } = { ...thisMachine(), ...options };
  const sources = { ...logonSources(), ...options.logonSources };
  const own = sources.ownToken();
  const privileged = isAdministrator(own);
  // An administrator who sets up a machine by hand owns the files created then.
  const trusted = new Set<Sid>([...alwaysTrusted, ...(privileged ? [own.userSid] : [])]);
  const personal = environment["LOCALAPPDATA"] || `${homedir()}\\AppData\\Local`;
  const programData = programDataFolder(readKey, systemDirectory());

  const paths = windowsPaths(programData, privileged ? undefined : personal);
  const machine = async () => (await import("./service/install-machine.ts")).installMachine(paths, trusted);

  return {
    name: "windows",
    privileged,
    paths,
    readProtected: (path) => readProtected(path, trusted),
    readTrusted: (path) => readTrusted(path, trusted),
    policy: () => readPolicy(readKey),
    unseen: () => isUnseen(sources.ownSession),
    startedByPerson: () => !isServiceSid(own.userSid),
    listenerOwner: readListener,
    adapters: () =>
      identityReading("network adapters", "The network adapters can't be read", async () =>
        found(readAdapters(), "network adapters"),
      ),
    vendorClientInstalled: () => vendorClientInstalled(readKey),
    hardwareIds: async () => [firmwareUuid(smbiosTable), machineGuid(readKey)],
    vendorDeviceId: async (registryValue) =>
      registryDeviceId(readKey, registryValue === undefined ? undefined : placeOf(registryValue)),
    ...createLogons({ ...sources, ownToken: () => own }),
    systemProxy: async (url) => {
      const { proxySources, readSystemProxy } = await import("./proxy/system-proxy.ts");
      const trustsUser = !privileged || own.userSid === systemSid;
      return await readSystemProxy(url, proxySources(trustsUser, readKey));
    },
    systemLogOn: {
      schemes: ["Negotiate", "NTLM"],
      start: async (peer) => (await import("./log-on/sspi.ts")).startBySspi(peer, boundedCalls(logOns)),
    },
    tryLock,
    endProcess,
    reportEvent: eventReading,
    selfTest: async () => (await import("./self-test.ts")).selfTest,
    // Ordinary users can't see the tasks of others.
    ...(privileged ? { protectFolder: makeProtectedFolder, trigger: () => readTrigger(systemDirectory()) } : {}),
    readTools: async (account) => {
      const { windowsTools } = await import("./compare/tool-readings.ts");
      return windowsTools(systemDirectory(), paths.credentialFile)(account);
    },
    settingsArePlanted: async () => (await import("./service/installation.ts")).settingsArePlanted(await machine()),
    installSteps: async (request) => (await import("./service/installation.ts")).installSteps(await machine(), request),
    uninstallSteps: async (purge) => (await import("./service/installation.ts")).uninstallSteps(await machine(), purge),
  };
}

/** A session that can't be read counts as unattended: a fleet that starts at once costs more than one user's wait. */
function isUnseen(ownSession: () => number): boolean {
  try {
    return ownSession() === servicesSession;
  } catch {
    return true;
  }
}

function eventReading(kind: EventKind, message: string): Reading<"reported"> {
  const origin = "event log";
  try {
    reportEvent(kind, message);
    return found("reported", origin);
  } catch (cause) {
    return failedBy(origin, cause, "internal", `The event log can't be written: ${messageOf(cause)}.`);
  }
}

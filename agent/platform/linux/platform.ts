import { homedir, hostname } from "node:os";
import { join } from "node:path";
import type { Trust } from "../../files/trusted-path.ts";
import { absent, type Reading } from "../../reading.ts";
import { trustedEnvironment } from "../../settings/trusted-environment.ts";
import type { Platform } from "../port.ts";
import { type BoundedNames, createDirectNames, createThreadNames } from "../posix/bounded-names.ts";
import { readCaller } from "../posix/caller.ts";
import { pauseForNames } from "../posix/group-names.ts";
import { judgeUnread, readProtected, readTrusted } from "../posix/protected-files.ts";
import { createDirectory } from "./accounts/directory.ts";
import { openSystemdLogin } from "./accounts/libsystemd.ts";
import { isServiceUser } from "./accounts/local-user.ts";
import { readSessions } from "./accounts/sessions.ts";
import { startedByPerson } from "./accounts/started-by-person.ts";
import { readAdapters } from "./hardware/adapters.ts";
import { readHardwareIds, reportedDeviceId, vendorClientInstalled } from "./hardware/hardware-ids.ts";
import { permanentMacs } from "./hardware/permanent-mac.ts";
import { forbidDumps, nss } from "./libc.ts";
import { readListener } from "./listener.ts";
import { tryLock } from "./lock.ts";
import {
  credentialsFolder,
  handedOn,
  machineKeytab,
  originalOf,
  personalPaths,
  policyPath,
  proxyFiles,
  systemPaths,
} from "./paths.ts";
import { readPolicy } from "./policy.ts";
import type { Machine } from "./service/installation.ts";
import { accountTools, systemctl } from "./service/programs.ts";
import { unusableForService } from "./service/service-files.ts";
import { readTrigger } from "./service/trigger.ts";

/** Milliseconds for one question to a directory; SSSD and winbind give up on a controller well before. */
const lookupLimit = 30_000;

type Environment = Readonly<Record<string, string | undefined>>;

/** Questions to this machine. */
const thisMachine = () => ({
  /** The root of /etc, /proc, /sys, /run and /var. */
  root: "/",
  environment: process.env as Environment,
  /** The real and the effective user ID of this process. */
  uid: process.getuid?.() ?? 0,
  effectiveUid: process.geteuid?.() ?? 0,
  permanentMacs,
  openLogin: openSystemdLogin,
  namesFor: rememberNames(),
  hostName: hostname,
  loadSecondSource: async () => (await import("./hardware/second-source.ts")).readSecondSource,
  systemctl,
  account: accountTools,
});

/** Replacements for the machine in tests. */
export type LinuxOptions = Partial<ReturnType<typeof thisMachine>>;

/** Linux with glibc; see https://systemd.io for sessions and nsswitch.conf(5) for users and groups. */
export function createLinuxPlatform(options: LinuxOptions = {}): Platform {
  const machine = { ...thisMachine(), ...options };
  const { root, uid, effectiveUid, systemctl, account } = machine;
  const privileged = effectiveUid === 0;
  const person = startedByPerson(root);
  const environment = trustedEnvironment(machine.environment, privileged, person).variables;
  const credentials = credentialsFolder(environment);
  const trust = { uid: effectiveUid, credentialsFolder: credentials };
  const isService = (uid: number): boolean => isServiceUser(root, uid);
  const service: Machine = { root, trust, systemctl, account };

  return {
    name: "linux",
    privileged,
    paths: privileged || isService(uid) ? systemPaths(root, environment) : personalPaths(root, environment, homedir),
    policy: () => readPolicy(policyPath(root), trust),
    adapters: async () => readAdapters(root, machine.permanentMacs),
    hardwareIds: () => readHardwareIds(root, credentials, machine.loadSecondSource),
    vendorDeviceId: async () => absent("vendor's client", "its device ID has no documented location on Linux"),
    reportedDeviceId: async () => reportedDeviceId(root, credentials),
    vendorClientInstalled: () => vendorClientInstalled(root),
    startedByPerson: () => person,
    listenerOwner: (port) => readListener(root, port, (uid) => uid === 0 || isService(uid)),
    sessions: async () => readSessions(root, machine.openLogin),
    caller: async () => readCaller(uid, isService),
    ...createDirectory({ root, hostName: machine.hostName, pause: pauseForNames }, machine.namesFor),
    readProtected: (path) => readGiven(root, path, environment, trust),
    readTrusted: (path) => readTrusted(path, trust),
    systemProxy: async (url) => (await import("./system-proxy.ts")).readSystemProxy(root, trust, url),
    originalOf: (path) => originalOf(root, path, environment),
    systemFiles: [...proxyFiles.map((path) => join(root, path)), machineKeytab(root)],
    tryLock,
    forbidDumps: () => {
      if (privileged || isService(uid)) forbidDumps();
    },
    systemLogOn: {
      schemes: ["Negotiate"],
      start: async (peer) => {
        const [{ startByGss }, { mitKerberos }, { readMachineKeytab }] = await Promise.all([
          import("../posix/log-on/gss-log-on.ts"),
          import("./log-on/mit.ts"),
          import("./log-on/machine-keytab.ts"),
        ]);
        const keytab = privileged || isService(uid) ? () => readMachineKeytab(root, trust, credentials) : undefined;
        return await startByGss(peer, mitKerberos, { keytab, hostName: machine.hostName });
      },
    },
    endProcess: nss.exitAtOnce,
    reportEvent: () => absent("event log", "systemd already logs standard error"),
    trigger: () => readTrigger(root, account),
    unusableForTrigger: (settings) => unusableForService(root, settings),
    readTools: async (account) => (await import("./compare/tool-readings.ts")).linuxTools()(account),
    installSteps: async (request) => (await import("./service/installation.ts")).installSteps(service, request),
    uninstallSteps: async (purge) => (await import("./service/installation.ts")).uninstallSteps(service, purge),
  };
}

/** The file, or the copy of it that the unit was given. */
function readGiven(root: string, path: string, environment: Environment, trust: Trust): Reading<string> {
  const given = handedOn(root, path, environment) ?? path;
  const original = originalOf(root, given, environment);
  // systemd protects its copy, even if others may read the original.
  const judged = original === undefined ? undefined : judgeUnread(original, trust);
  return judged?.kind === "failed" ? judged : readProtected(given, trust);
}

/** One name service for the life of the process, in a thread only if a directory is asked. */
function rememberNames(): (directorySources: readonly string[]) => BoundedNames {
  const direct = createDirectNames(nss);
  const worker = createThreadNames(nss, { limit: lookupLimit });
  return (directorySources) => (directorySources.length > 0 ? worker : direct);
}

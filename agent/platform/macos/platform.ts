import { homedir, hostname, networkInterfaces } from "node:os";
import type { Trust } from "../../files/trusted-path.ts";
import { absent, found, type Reading } from "../../reading.ts";
import type { Exposure, Paths, Platform } from "../port.ts";
import { createThreadNames } from "../posix/bounded-names.ts";
import { readCaller } from "../posix/caller.ts";
import { pauseForNames } from "../posix/group-names.ts";
import type { Keytab } from "../posix/log-on/keytab.ts";
import { readProtected, readTrusted } from "../posix/protected-files.ts";
import { openedByList } from "./access-lists.ts";
import { isSystemUid } from "./accounts/classify-account.ts";
import { createDirectory } from "./accounts/directory.ts";
import { readSessions, systemSessions } from "./accounts/sessions.ts";
import { startedByPerson } from "./accounts/started-by-person.ts";
import { type Addresses, readAdapters } from "./hardware/adapters.ts";
import { hostUuid, readHardwareIds } from "./hardware/hardware-ids.ts";
import { type LibSystem, openDirectory } from "./libsystem.ts";
import { readListener } from "./listener.ts";
import { tryLock } from "./lock.ts";
import { macosPaths } from "./paths.ts";
import { managedPreferences, readPolicy } from "./policy.ts";
import { daemonFile } from "./service/launchd.ts";
import { readTrigger } from "./service/trigger.ts";
import { reportEvent, writeSystemLog } from "./system-log.ts";
import { runTool } from "./tools.ts";

/** Milliseconds for one question to Open Directory, which may ask a controller that is far away. */
const lookupLimit = 30_000;

/** Questions to this machine. */
const thisMachine = () => ({
  /** The real and the effective user ID of this process. */
  uid: process.getuid?.() ?? 0,
  effectiveUid: process.geteuid?.() ?? 0,
  home: homedir,
  names: createThreadNames(openDirectory, { limit: lookupLimit }),
  runTool,
  sessionSources: systemSessions,
  hostUuid,
  addresses: networkInterfaces as () => Addresses,
  openedByList: openedByList as (path: string) => Exposure | undefined,
  managedPreferences,
  writeLog: writeSystemLog,
  daemonFile,
  pause: (ms: number): void => void Atomics.wait(pauses, 0, 0, ms),
});

const pauses = new Int32Array(new SharedArrayBuffer(4));

/** Replacements for the machine in tests. */
export interface MacosOptions extends Partial<ReturnType<typeof thisMachine>> {
  readonly getauid?: LibSystem["getauid"];
  readonly paths?: Paths;
}

/** macOS 13.5 and later on Apple silicon. Written from Apple's documentation; see installer/macos/README.md. */
export function createMacosPlatform(options: MacosOptions = {}): Platform {
  const machine = { ...thisMachine(), ...options };
  const { uid, effectiveUid, runTool: run, names, openedByList } = machine;
  const privileged = effectiveUid === 0;
  const trust: Trust = { uid: effectiveUid, credentialsFolder: undefined, openedByList };
  const paths = options.paths ?? macosPaths(privileged || isSystemUid(uid) ? undefined : machine.home());
  const service = { paths, trust, run, daemonFile: machine.daemonFile, pause: machine.pause };

  return {
    name: "macos",
    privileged,
    paths,
    policy: () => readPolicy(machine.managedPreferences, trust, run),
    adapters: async () => readAdapters(machine.addresses, run),
    hardwareIds: async () => readHardwareIds(machine.hostUuid, run),
    vendorDeviceId: async () => absent("vendor's client", "its device ID has no documented location on macOS"),
    sessions: () => readSessions(machine.sessionSources, names),
    caller: async () => readCaller(uid, isSystemUid),
    startedByPerson: () => startedByPerson(options.getauid),
    // Only root sees the sockets of all users.
    ...(privileged ? { listenerOwner: (port: number) => readListener(port, run) } : {}),
    ...createDirectory(names, run, pauseForNames),
    readProtected: (path) => readProtected(path, trust),
    readTrusted: (path) => readTrusted(path, trust),
    systemProxy: async (url) => (await import("./system-proxy.ts")).readSystemProxy(url, run),
    systemFiles: [keytabFile],
    systemLogOn: {
      schemes: ["Negotiate"],
      start: async (peer) => {
        const [{ startByGss }, { appleKerberos }] = await Promise.all([
          import("../posix/log-on/gss-log-on.ts"),
          import("./log-on/gss-framework.ts"),
        ]);
        const keytab = privileged ? () => readKeytab((path) => readTrusted(path, trust)) : undefined;
        return await startByGss(peer, appleKerberos(process.arch), { keytab, hostName: hostname });
      },
    },
    tryLock,
    endProcess: openDirectory.exitAtOnce,
    reportEvent: (kind, message) => reportEvent(kind, message, machine.writeLog),
    trigger: () => readTrigger(run, machine.daemonFile),
    selfTest: async () => (await import("./self-test.ts")).selfTest,
    readTools: async (account) => (await import("./compare/tool-readings.ts")).macosTools(run)(account),
    installSteps: async (request) => (await import("./service/installation.ts")).installSteps(service, request),
    uninstallSteps: async (purge) => (await import("./service/installation.ts")).uninstallSteps(service, purge),
  };
}

const keytabFile = "/etc/krb5.keytab";

/** The machine's keys for Kerberos, as binding to a domain writes them. */
function readKeytab(read: (path: string) => Reading<Buffer>): Reading<Keytab> {
  const file = read(keytabFile);
  return file.kind === "found" ? found({ path: keytabFile, content: file.value }, keytabFile) : file;
}

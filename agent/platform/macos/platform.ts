import { homedir, networkInterfaces } from "node:os";
import type { Trust } from "../../files/trusted-path.ts";
import { absent, found } from "../../reading.ts";
import type { Exposure, Paths, Platform } from "../port.ts";
import { type BoundedNames, createThreadNames } from "../posix/bounded-names.ts";
import { pauseForNames } from "../posix/group-names.ts";
import { readProtected, readTrusted } from "../posix/protected-files.ts";
import { unrefTimer } from "../unref-timer.ts";
import { openedByList } from "./access-lists.ts";
import { isSystemUid } from "./accounts/classify-account.ts";
import { createDirectory } from "./accounts/directory.ts";
import { readSessions, type SessionSources, systemSessions } from "./accounts/sessions.ts";
import { startedByPerson } from "./accounts/started-by-person.ts";
import { type Addresses, readAdapters } from "./hardware/adapters.ts";
import { hostUuid, readHardwareIds } from "./hardware/hardware-ids.ts";
import { type LibSystem, openDirectory } from "./libsystem.ts";
import { readListener } from "./listener.ts";
import { tryLock } from "./lock.ts";
import { macosPaths } from "./paths.ts";
import { managedPreferences, readPolicy } from "./policy.ts";
import type { Machine } from "./service/installation.ts";
import { daemonFile } from "./service/launchd.ts";
import { readTrigger } from "./service/trigger.ts";
import { reportEvent, type WriteLog, writeSystemLog } from "./system-log.ts";
import { type RunTool, runTool } from "./tools.ts";

/** Milliseconds for one question to Open Directory, which may ask a controller that is far away. */
const lookupLimit = 30_000;

/** What tests put in the machine's place. */
export interface MacosOptions {
  /** The real and the effective user ID of this process. */
  readonly uid?: number;
  readonly effectiveUid?: number;
  readonly home?: () => string;
  readonly names?: BoundedNames;
  readonly runTool?: RunTool;
  readonly sessionSources?: SessionSources;
  readonly getauid?: LibSystem["getauid"];
  readonly hostUuid?: () => Uint8Array;
  readonly addresses?: () => Addresses;
  readonly openedByList?: (path: string) => Exposure | undefined;
  readonly managedPreferences?: string;
  readonly writeLog?: WriteLog;
  readonly paths?: Paths;
  readonly launchd?: Partial<Pick<Machine, "daemonFile" | "pause">>;
}

/** macOS 13.5 and later on Apple silicon. Written from Apple's documentation; see installer/macos/README.md. */
export function createMacosPlatform(options: MacosOptions = {}): Platform {
  const uid = options.uid ?? process.getuid?.() ?? 0;
  const effectiveUid = options.effectiveUid ?? process.geteuid?.() ?? 0;
  const privileged = effectiveUid === 0;
  const run = options.runTool ?? runTool;
  const names = options.names ?? createThreadNames(openDirectory, { limit: lookupLimit, after: unrefTimer });
  const trust: Trust = {
    uid: effectiveUid,
    credentialsFolder: undefined,
    openedByList: options.openedByList ?? openedByList,
  };
  const home = options.home ?? homedir;
  const paths = options.paths ?? macosPaths(privileged || isSystemUid(uid) ? undefined : home());

  return {
    name: "macos",
    privileged,
    paths,
    policy: () => readPolicy(options.managedPreferences ?? managedPreferences, trust, run),
    adapters: async () => readAdapters(options.addresses ?? networkInterfaces, run),
    hardwareIds: async () => readHardwareIds(options.hostUuid ?? hostUuid, run),
    vendorDeviceId: async () => absent("vendor's client", "its device ID has no documented place on macOS"),
    sessions: () => readSessions(options.sessionSources ?? systemSessions, names),
    caller: async () => {
      if (uid === 0) return absent("caller", "this program runs as root");
      return isSystemUid(uid)
        ? absent("caller", "this program runs as a service")
        : found({ userKey: String(uid) }, "caller");
    },
    startedByPerson: () => startedByPerson(options.getauid),
    // Only root sees the sockets of all users.
    ...(privileged ? { listenerOwner: (port: number) => readListener(port, run) } : {}),
    ...createDirectory(names, run, pauseForNames),
    readProtected: (path) => readProtected(path, trust),
    readTrusted: (path) => readTrusted(path, trust),
    systemProxy: async (url) => (await import("./system-proxy.ts")).readSystemProxy(url, run),
    tryLock,
    endProcess: openDirectory.exitAtOnce,
    reportEvent: (kind, message) => reportEvent(kind, message, options.writeLog ?? writeSystemLog),
    trigger: () => readTrigger(run, options.launchd?.daemonFile ?? daemonFile),
    selfTest: async () => (await import("./self-test.ts")).selfTest(),
    readTools: async (account) => (await import("./compare/tool-readings.ts")).macosTools(run)(account),
    installSteps: async (request) => {
      const { installSteps, realMachine } = await import("./service/installation.ts");
      return installSteps({ ...realMachine, paths, trust, run, ...options.launchd }, request);
    },
    uninstallSteps: async (purge) => {
      const { uninstallSteps, realMachine } = await import("./service/installation.ts");
      return uninstallSteps({ ...realMachine, paths, trust, run, ...options.launchd }, purge);
    },
  };
}

import { AgentError } from "../../agent/errors.ts";
import { readUnjudged } from "../../agent/files/unreadable.ts";
import type { Account, Adapter, Group, Platform, Session } from "../../agent/platform/port.ts";
import { absent, failed, found, type Reading } from "../../agent/reading.ts";
import { adapter } from "./accounts.ts";

interface Machine {
  readonly privileged?: boolean;
  readonly sessions?: readonly Session[] | Reading<readonly Session[]>;
  readonly caller?: string;
  readonly accounts?: readonly Account[];
  readonly groups?: readonly Group[] | Reading<readonly Group[]>;
  readonly adapters?: readonly Adapter[];
  readonly others?: Partial<Platform>;
}

/** A machine by a test's description; missing parts are absent. For logged-on users, which tests can't have. */
export function fakePlatform(machine: Machine): Platform {
  const accounts = machine.accounts ?? [];
  const look = (fits: (account: Account) => boolean): Reading<Account> => {
    const account = accounts.find(fits);
    return account === undefined ? absent("fake", "no such account") : found(account, "fake");
  };
  return {
    name: "linux",
    paths: {
      configFile: "/fake/config.json",
      credentialFile: "/fake/credential.json",
      stateDir: "/fake",
      logFile: "/fake/log",
    },
    privileged: machine.privileged ?? true,
    startedByPerson: () => false,
    policy: () => absent("fake", "none"),
    adapters: async () => found(machine.adapters ?? [adapter()], "fake"),
    hardwareIds: async () => [absent("fake", "none")],
    vendorDeviceId: async () => absent("fake", "none"),
    sessions: async () => reading(machine.sessions),
    caller: async () =>
      machine.caller === undefined ? absent("fake", "a system account") : found({ userKey: machine.caller }, "fake"),
    account: async (key) => look(({ userKey }) => userKey === key),
    accountByName: async (name) => look(({ systemName, sam }) => name === systemName || name === sam),
    groups: async () => reading(machine.groups),
    readProtected: () => absent("fake", "none"),
    readTrusted: readUnjudged,
    reportEvent: () => absent("fake", "none"),
    tryLock: () => found({ [Symbol.dispose]() {} }, "fake"),
    installSteps: async () => [],
    uninstallSteps: async () => [],
    ...machine.others,
  };
}

function reading<T>(value: readonly T[] | Reading<readonly T[]> | undefined): Reading<readonly T[]> {
  if (value === undefined) return absent("fake", "none");
  return "kind" in value ? value : found(value, "fake");
}

/** A look-up that could not be made. */
export const unreadable: Reading<never> = failed(
  "fake",
  new AgentError("identity-unreadable", "the directory does not answer"),
);

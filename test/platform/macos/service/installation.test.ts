import { existsSync, lstatSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "plist";
import { expect, test } from "vitest";
import { AgentError } from "../../../../agent/errors.ts";
import { applySteps } from "../../../../agent/platform/install-steps.ts";
import { createMacosPlatform } from "../../../../agent/platform/macos/platform.ts";
import { daemonFile, daemonPropertyList } from "../../../../agent/platform/macos/service/launchd.ts";
import type { InstallRequest } from "../../../../agent/platform/port.ts";
import { Secret } from "../../../../agent/secret.ts";
import { makeRoot } from "../../linux/tree.ts";

const credential = '{"accessToken":"t"}\n';

/** A Mac with its files in a folder of the test, and with a fake launchd that has a job or not. */
function macOf({ executableMode = 0o755, stopsAfter = 0 } = {}) {
  const root = realpathSync(makeRoot({ "Library/LinkUserAgent/linkuser-agent": "" }));
  const folder = join(root, "Library/Application Support/LinkUserAgent");
  const executable = join(root, "Library/LinkUserAgent/linkuser-agent");
  const job = join(root, "Library/LaunchDaemons/com.linkuser.agent.plist");
  const reported: string[] = [];
  let loaded = false;
  let stopping = 0;
  let failing: string | undefined;
  const launchctl = (command = ""): string => {
    if (command !== "print") reported.push(command);
    if (command === failing)
      throw new AgentError("identity-unreadable", "/bin/launchctl ended with 5: Input/output error");
    if (command === "print" && !loaded && stopping-- <= 0) throw new AgentError("identity-unreadable", "not found");
    if (command === "bootstrap") loaded = existsSync(job);
    if (command === "bootout") {
      loaded = false;
      stopping = stopsAfter;
    }
    return "";
  };
  const platform = createMacosPlatform({
    uid: 0,
    effectiveUid: process.geteuid?.() ?? 0,
    openedByList: (path) =>
      path === executable && executableMode !== 0o755 ? { why: "its list is open", remedy: "chmod -N" } : undefined,
    runTool: (tool, ...parameters) => {
      expect(tool).toBe("launchctl");
      return launchctl(parameters[0]);
    },
    paths: {
      configFile: join(folder, "config.json"),
      credentialFile: join(folder, "credential.json"),
      stateDir: folder,
      logFile: join(folder, "linkuser-agent.log"),
    },
    daemonFile: job,
    pause: () => reported.push("pause"),
  });
  const whole: InstallRequest = { executable, credential: new Secret(credential), settings: '{"fleetSize":5}\n' };
  const steps = async (request: Partial<InstallRequest> = {}) =>
    (await platform.installSteps?.({ ...whole, ...request })) ?? [];
  const removal = async (purge = false) => (await platform.uninstallSteps?.(purge)) ?? [];
  const failAt = (command: string | undefined): void => {
    failing = command;
  };
  return { folder, executable, job, reported, steps, removal, failAt, isLoaded: () => loaded };
}

const changes = (steps: readonly { readonly change: string }[]): string[] => steps.map(({ change }) => change);

test("puts settings, credential and job in place; a second time there is nothing to do", async () => {
  const mac = macOf();
  const first = await mac.steps();
  expect(changes(first)).toEqual(["create", "create", "create"]);
  expect(mac.reported).toEqual([]);
  applySteps(first);
  const modeOf = (path: string): number => lstatSync(path).mode & 0o777;
  expect(modeOf(mac.folder)).toBe(0o755);
  expect(modeOf(join(mac.folder, "config.json"))).toBe(0o644);
  expect(modeOf(join(mac.folder, "credential.json"))).toBe(0o600);
  expect(modeOf(mac.job)).toBe(0o644);
  expect(readFileSync(mac.job, "utf8")).toBe(daemonPropertyList(mac.executable));
  expect(mac.reported).toEqual(["enable", "bootstrap"]);
  expect(mac.isLoaded()).toBe(true);
  expect(changes(await mac.steps())).toEqual(["keep", "keep", "keep"]);
});

test("another executable: the job ends, and is loaded again only after its run has ended", async () => {
  const mac = macOf({ stopsAfter: 2 });
  applySteps(await mac.steps());
  mac.reported.length = 0;
  const other = join(dirname(mac.executable), "other");
  writeFileSync(other, "");
  applySteps(await mac.steps({ executable: other }));
  expect(mac.reported).toEqual(["bootout", "pause", "pause", "enable", "bootstrap"]);
  expect(readFileSync(mac.job, "utf8")).toContain(`<string>${other}</string>`);
});

test("a job that is in place but not loaded is loaded", async () => {
  const mac = macOf();
  mkdirSync(dirname(mac.job), { recursive: true });
  applySteps(await mac.steps());
  applySteps((await mac.removal()).slice(0, 1));
  expect(mac.isLoaded()).toBe(false);
  applySteps(await mac.steps());
  expect(mac.isLoaded()).toBe(true);
});

test("if launchd refuses, everything is as before", async () => {
  const mac = macOf();
  mac.failAt("bootstrap");
  const steps = await mac.steps();
  expect(() => applySteps(steps)).toThrow("launchctl bootstrap system");
  expect(existsSync(mac.job)).toBe(false);
  expect(existsSync(join(mac.folder, "credential.json"))).toBe(false);
});

test("an executable that others may change is refused, and one that is not there", async () => {
  await expect(macOf({ executableMode: 0o777 }).steps()).rejects.toMatchObject({
    code: "install-failed",
    message: expect.stringContaining("users other than root can change it"),
  });
  await expect(macOf().steps({ executable: "/nowhere/linkuser-agent" })).rejects.toThrow("can't start");
});

test("uninstall removes job and credential, with purge all the rest", async () => {
  const mac = macOf();
  applySteps(await mac.steps());
  applySteps(await mac.removal());
  expect([mac.job, join(mac.folder, "credential.json")].some(existsSync)).toBe(false);
  expect(existsSync(join(mac.folder, "config.json"))).toBe(true);
  expect(mac.isLoaded()).toBe(false);
  expect(changes(await mac.removal())).toEqual(["absent", "absent"]);
  const purge = await mac.removal(true);
  expect(changes(purge)).toEqual(["absent", "absent", "remove"]);
  applySteps(purge);
  expect(existsSync(mac.folder)).toBe(false);
});

test("the job is root's, starts at once, at logons, and often enough to continue interrupted links", () => {
  const job = parse(daemonPropertyList("/Library/LinkUserAgent/linkuser-agent")) as Record<string, unknown>;
  expect(job).toEqual({
    Label: "com.linkuser.agent",
    ProgramArguments: ["/Library/LinkUserAgent/linkuser-agent", "link", "--will-repeat"],
    RunAtLoad: true,
    WatchPaths: ["/private/var/run/utmpx"],
    StartInterval: 900,
    ProcessType: "Background",
    LowPriorityIO: true,
    Umask: 63,
  });
  expect(daemonFile).toBe("/Library/LaunchDaemons/com.linkuser.agent.plist");
});

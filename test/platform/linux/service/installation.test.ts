import {
  appendFileSync,
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { AgentError } from "../../../../agent/errors.ts";
import { applySteps } from "../../../../agent/platform/install-steps.ts";
import { createLinuxPlatform } from "../../../../agent/platform/linux/platform.ts";
import type { InstallRequest } from "../../../../agent/platform/port.ts";
import { Secret } from "../../../../agent/secret.ts";
import { makeRoot, type Tree } from "../tree.ts";

const executable = "/usr/local/bin/linkuser-agent";
const credential = '{"accessToken":"t"}\n';
const account = "linkuser-agent:x:997:997::/:/usr/sbin/nologin\n";
const systemd: Tree = { "lib/systemd/systemd": "", [executable]: "" };
const whole: InstallRequest = { executable, credential: new Secret(credential), settings: '{"fleetSize":5}\n' };

function machineOf(tree: Tree = systemd, version = 252) {
  const root = makeRoot(tree);
  const reported: string[] = [];
  let failing: string | undefined;
  const platform = createLinuxPlatform({
    root,
    environment: {},
    uid: 0,
    account: {
      add: () => appendFileSync(join(root, "etc/passwd"), account),
      remove: () => rmSync(join(root, "etc/passwd")),
      ask: () => undefined,
    },
    systemctl: (...args) => {
      if (args[0] === "--version") return `systemd ${version} (${version}-1)\n+PAM +AUDIT\n`;
      reported.push(args.join(" "));
      if (args.join(" ") === failing) throw new AgentError("install-failed", "systemd refuses");
      return "";
    },
  });
  const steps = async (request: Partial<InstallRequest> = {}) => await platform.installSteps({ ...whole, ...request });
  const removal = async (purge = false) => await platform.uninstallSteps(purge);
  const failAt = (command: string): void => {
    failing = command;
  };
  return { root, reported, steps, removal, failAt };
}

const changes = (steps: readonly { readonly change: string }[]): string[] => steps.map(({ change }) => change);
const everything = (root: string): string[] => readdirSync(root, { recursive: true, encoding: "utf8" }).sort();

test("puts settings, credential and trigger in place; a second time there is nothing to do", async () => {
  const { root, reported, steps } = machineOf();
  const first = await steps();
  expect(changes(first)).toEqual(["create", "create", "create"]);
  applySteps(first);
  const modeOf = (path: string): number => lstatSync(join(root, path)).mode & 0o777;
  expect(modeOf("etc/linkuser-agent")).toBe(0o755);
  expect(modeOf("etc/linkuser-agent/config.json")).toBe(0o644);
  expect(modeOf("etc/linkuser-agent/credential.json")).toBe(0o600);
  expect(readFileSync(join(root, "etc/linkuser-agent/credential.json"), "utf8")).toBe(credential);
  const units = join(root, "etc/systemd/system");
  expect(readFileSync(join(units, "linkuser-agent@.service"), "utf8")).toContain(`\nExecStart=${executable} `);
  expect(readlinkSync(join(units, "timers.target.wants/linkuser-agent.timer"))).toBe("../linkuser-agent.timer");
  expect(readFileSync(join(root, "etc/passwd"), "utf8")).toBe(account);
  expect(reported).toEqual(["daemon-reload", "restart linkuser-agent.timer"]);
  expect(changes(await steps())).toEqual(["keep", "keep", "keep"]);
});

test("a trigger that starts another executable is changed", async () => {
  const { steps } = machineOf({ ...systemd, "opt/linkuser-agent": "" });
  applySteps(await steps());
  expect(changes(await steps({ executable: "/opt/linkuser-agent" }))).toEqual(["keep", "keep", "update"]);
});

test("what is not given is left alone", async () => {
  const { steps } = machineOf();
  expect(await steps({ credential: undefined, settings: undefined })).toMatchObject([{ change: "create" }]);
});

test("settings that were written for root alone are opened to the service, and closed again where that is undone", async () => {
  const { root, steps } = machineOf({ ...systemd, "etc/linkuser-agent/config.json": "{}" });
  const paths = [join(root, "etc/linkuser-agent"), join(root, "etc/linkuser-agent/config.json")] as const;
  const modes = () => paths.map((path) => (lstatSync(path).mode & 0o777).toString(8));
  chmodSync(paths[1], 0o600);
  chmodSync(paths[0], 0o700);
  const opening = await steps({ credential: undefined, settings: undefined });
  expect(changes(opening)).toEqual(["update", "update", "create"]);
  const undo = applySteps(opening);
  expect(modes()).toEqual(["755", "644"]);
  undo();
  expect(modes()).toEqual(["700", "600"]);
  applySteps(await steps({ settings: "{}\n" }));
  expect(modes()).toEqual(["755", "644"]);
});

test("undoing restores the machine, and reloads systemd", async () => {
  const { root, reported, steps } = machineOf();
  const before = everything(root);
  applySteps(await steps())();
  expect(everything(root)).toEqual(before);
  expect(reported.slice(-2)).toEqual(["stop linkuser-agent.timer", "daemon-reload"]);
});

test.each(["daemon-reload", "restart linkuser-agent.timer"])(
  "if systemctl %s fails nothing is left",
  async (command) => {
    const { root, steps, failAt } = machineOf();
    const before = everything(root);
    failAt(command);
    const all = await steps();
    expect(() => applySteps(all)).toThrow("systemd refuses");
    expect(everything(root)).toEqual(before);
  },
);

test("the units of a package are kept", async () => {
  const { root, steps, removal } = machineOf({
    ...systemd,
    "usr/lib/systemd/system/linkuser-agent@.service": "",
    "etc/passwd": account,
  });
  const all = await steps({ credential: undefined, settings: undefined });
  expect(all).toMatchObject([{ change: "keep", what: expect.stringContaining("package") }]);
  applySteps(all);
  expect(readdirSync(root).sort()).toEqual(["etc", "lib", "usr"]);
  expect(changes(await removal())).toEqual(["absent", "keep", "absent"]);
});

test("runs of a package's units end before their state goes; its timer stays", async () => {
  const state = "var/lib/linkuser-agent/state.json";
  const { root, reported, removal, failAt } = machineOf({
    "usr/lib/systemd/system/linkuser-agent@.service": "",
    [state]: "",
  });
  const stop = "stop linkuser-agent[.@]*service";
  failAt(stop);
  const all = await removal(true);
  expect(() => applySteps(all)).toThrow("systemd refuses");
  expect(everything(root)).toContain(state);
  failAt("");
  applySteps(all);
  expect(reported).toEqual([stop, stop, "reset-failed linkuser-agent[.@]*service"]);
  expect(everything(root)).not.toContain(state);
});

test("uninstall takes back what install did, and keeps settings and state unless purged", async () => {
  const { root, reported, steps, removal } = machineOf({ ...systemd, "var/lib/linkuser-agent/state.json": "{}" });
  mkdirSync(join(root, "var/log"));
  symlinkSync("private/linkuser-agent", join(root, "var/log/linkuser-agent"));
  applySteps(await steps());
  const first = await removal();
  expect(changes(first)).toEqual(["remove", "remove"]);
  applySteps(first);
  expect(everything(join(root, "etc"))).toEqual([
    "linkuser-agent",
    "linkuser-agent/config.json",
    "passwd",
    "systemd",
    "systemd/system",
  ]);
  expect(reported.slice(-3)).toEqual([
    "stop linkuser-agent.timer linkuser-agent.service linkuser-agent@*.service system-linkuser.slice",
    "reset-failed linkuser-agent[.@]*",
    "daemon-reload",
  ]);
  expect(changes(await removal())).toEqual(["absent", "absent"]);
  applySteps(await removal(true));
  expect(everything(join(root, "etc"))).toEqual(["systemd", "systemd/system"]);
  expect(everything(join(root, "var"))).toEqual(["lib", "log"]);
});

test("an uninstallation that fails puts the trigger back", async () => {
  const { root, reported, steps, removal, failAt } = machineOf();
  applySteps(await steps());
  const before = everything(root);
  failAt("daemon-reload");
  const all = await removal();
  expect(() => applySteps(all)).toThrow("systemd refuses");
  expect(everything(root)).toEqual(before);
  expect(reported.at(-1)).toBe("daemon-reload");
});

const problem = async (tree: Tree, path = executable): Promise<string> => {
  const { root, steps } = machineOf(tree);
  const before = everything(root);
  const reported = await steps({ executable: path }).then(
    () => "nothing",
    (error: Error) => error.message,
  );
  expect(everything(root)).toEqual(before);
  return reported;
};

test("refuses a system without systemd", async () => {
  expect(await problem({ [executable]: "" })).toContain("no systemd");
});

test("refuses a systemd that could not hand the credential on", async () => {
  await expect(machineOf(systemd, 246).steps()).rejects.toThrow("needs 247 or later");
});

test.each([
  ["/home/alice/linkuser-agent", "services can't see /home"],
  ["/root/linkuser-agent", "services can't see /root"],
  ["/tmp/linkuser-agent", "services can't see /tmp"],
  ["/opt/link user/agent", "characters"],
  ["/opt/50%/agent", "characters"],
  ["/opt/missing", "no longer exists"],
])("refuses to start %s", async (path, why) => {
  expect(await problem({ ...systemd, ...(path.endsWith("missing") ? {} : { [path]: "" }) }, path)).toContain(why);
});

test("refuses an executable that others may change", async () => {
  const { root, steps } = machineOf();
  chmodSync(join(root, executable), 0o775);
  await expect(steps()).rejects.toThrow("users other than root can change it");
});

test("refuses where the trigger is masked", async () => {
  const { root, steps } = machineOf({ ...systemd, "etc/systemd/system/": "" });
  symlinkSync("/dev/null", join(root, "etc/systemd/system/linkuser-agent@.service"));
  await expect(steps()).rejects.toThrow("systemctl unmask");
});

test("a foreign account of that name is refused, with the remedy; a missing one is created again", async () => {
  const packaged = { ...systemd, "usr/lib/systemd/system/linkuser-agent@.service": "" };
  for (const tree of [systemd, packaged]) {
    const taken = { ...tree, "etc/passwd": "linkuser-agent:x:1001:1001::/home/l:/bin/bash\n" };
    expect(await problem(taken)).toMatch(/user ID is 1001.* Rename or remove that account/);
  }
  const { root, steps } = machineOf({ ...packaged, "etc/hostname": "" });
  const all = await steps({ credential: undefined, settings: undefined });
  expect(all).toMatchObject([{ what: "account linkuser-agent", change: "create" }]);
  applySteps(all);
  expect(readFileSync(join(root, "etc/passwd"), "utf8")).toBe(account);
});

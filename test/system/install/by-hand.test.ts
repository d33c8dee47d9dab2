import { afterAll, beforeAll, expect, test } from "vitest";
import { builtExecutable, type LinuxMachine, startMachine } from "./linux-machine.ts";

/** `install` and `uninstall`, run by an administrator where no package is. */

const executable = "/usr/local/bin/linkuser-agent";
const credentialFile = "/etc/linkuser-agent/credential.json";
const source = "/root/credential.json";

let machine: LinuxMachine;
/** Files that the machine has before and must have after. */
let before: string;

beforeAll(async () => {
  machine = await startMachine("by-hand");
  machine.run("useradd", "--create-home", "alice");
  machine.run("install", builtExecutable, executable);
  const { clientSecret } = machine.gears;
  machine.shell(`umask 077; cat > ${source}`, JSON.stringify({ clientSecret }));
  before = everything();
});

afterAll(async () => {
  await machine?.[Symbol.asyncDispose]();
});

const everything = (): string => {
  const each = ["-type", "f", "-printf", "%p %m %s\\n", "-o", "-printf", "%p %m %l\\n"];
  return machine.run("find", "/etc", "/usr/local", "/var/lib", "-xdev", ...each);
};
const credential = ["--credential-from", source, "--delete-source"];

function settings(): readonly string[] {
  const { baseUrl, clientId } = machine.gears;
  const named = ["--credential-file", credentialFile];
  return [
    ...named,
    "--base-url",
    baseUrl,
    "--client-id",
    clientId,
    "--splay",
    "0s",
    "--identify",
    "hwid",
    "--fleet-size",
    "",
  ];
}

/** The one document that a command prints, and nothing secret with it. */
function reported(command: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = machine.try(executable, command, "--json", ...args);
  expect(`${stdout}${stderr}`).not.toContain(machine.gears.clientSecret);
  const document = JSON.parse(stdout);
  const changes = document.steps?.map(({ change }: { change: string }) => change);
  return { status, document, changes };
}

const linkCalls = () => machine.calls.filter(({ endpoint }) => endpoint === "link_user");
const linkByRoot = (...flags: readonly string[]) => machine.run(executable, "--user", "alice", "--no-splay", ...flags);

test("--dry-run shows what would be done and changes nothing", () => {
  const { status, document, changes } = reported("install", "--dry-run", ...credential, ...settings());
  expect(status).toBe(0);
  expect(document.outcome).toBe("dry-run");
  expect(changes).toEqual(["create", "create", "create", "remove"]);
  expect(everything()).toBe(before);
});

test.each([
  [["--fleet-size", "0"], 64],
  [["--credential-from", "/nonexistent"], 77],
  [["--base-url", "http://gears.opswat.com"], 64],
])("with %j nothing is changed", (args, status) => {
  expect(reported("install", ...args)).toMatchObject({ status });
  expect(everything()).toBe(before);
});

test("if systemd refuses, the machine is as it was", () => {
  const refusing = '#!/bin/sh\n[ "$1" = --version ] && exec echo systemd 252\nexit 1\n';
  machine.shell("cat > /run/refusing; chmod 755 /run/refusing", refusing);
  machine.run("mount", "--bind", "/run/refusing", "/usr/bin/systemctl");
  expect(reported("install", ...credential, ...settings())).toMatchObject({
    status: 78,
    document: { message: expect.stringContaining("systemctl daemon-reload"), error: { code: "install-failed" } },
  });
  machine.run("umount", "/usr/bin/systemctl");
  expect(everything()).toBe(before);
  expect(machine.run("cat", source)).toContain(machine.gears.clientSecret);
});

test("a plain user is referred to the administrator", () => {
  const { status, stdout } = machine.try("setpriv", "--reuid=alice", "--clear-groups", executable, "install");
  expect(status).toBe(64);
  expect(stdout).toContain("sudo linkuser-agent install");
});

test("on a terminal a failure is seen once", () => {
  const reported = machine.run("script", "--quiet", "--command", `${executable} --user bob`, "/dev/null");
  expect(reported).toMatch(/^no-user: No user bob: .*\r\n$/s);
  expect(reported.split("bob")).toHaveLength(2);
});

test("install puts all in place, and the timer runs", () => {
  const { status, document } = reported("install", ...credential, ...settings());
  expect(document).toMatchObject({ outcome: "installed", warnings: [] });
  expect(status).toBe(0);
  expect(machine.run("stat", "--format=%U %a", credentialFile).trim()).toBe("root 600");
  expect(machine.run("getent", "-s", "files", "passwd", "linkuser-agent")).toMatch(/:\/usr\/sbin\/nologin$/m);
  expect(machine.run("systemctl", "is-active", "linkuser-agent.timer").trim()).toBe("active");
  expect(machine.run("systemctl", "is-enabled", "linkuser-agent.timer").trim()).toBe("enabled");
  expect(machine.try("stat", source).status).toBe(1);
});

test("a second time there is nothing to do", () => {
  const installed = everything();
  expect(reported("install", ...credential, ...settings())).toMatchObject({
    status: 0,
    changes: ["keep"],
    document: { message: "Nothing to change." },
  });
  expect(everything()).toBe(installed);
});

test("a logon links the user with exactly one call", async () => {
  machine.logOn("alice", "first");
  await machine.until("the run", () => machine.runsOfSessions()[0]);
  expect(machine.runsOfSessions()).toEqual(["done"]);
  await machine.until("the call", () => linkCalls()[0]);
  expect(linkCalls()).toMatchObject([{ user: "alice", status: 200 }]);
});

test("files of root's manual run belong to the service, which finds the link", async () => {
  expect(linkByRoot("--force")).toContain("linked: ");
  machine.run("systemctl", "start", "--wait", "linkuser-agent.service");
  await expect.poll(() => machine.journal("linkuser-agent.service")).toContain("already-linked: ");
  await machine.until("the calls", () => linkCalls()[1]);
  expect(linkCalls()).toHaveLength(2);
  const folders = ["/var/lib/linkuser-agent/.", "/var/log/linkuser-agent/."];
  const owners = machine
    .run("find", ...folders, "-printf", "%u %P\n")
    .trim()
    .split("\n");
  expect(owners.map((one) => one.split(" ")[1])).toEqual(
    expect.arrayContaining(["state.json", "lock", "linkuser-agent.log"]),
  );
  const [service, ...others] = new Set(owners.map((one) => one.split(" ")[0]));
  expect(service).not.toBe("root");
  expect(others).toEqual([]);
});

test("uninstall removes trigger and credential; a second time there is nothing to do", () => {
  expect(reported("uninstall")).toMatchObject({ status: 0, changes: ["remove", "remove"] });
  expect(machine.try("systemctl", "is-active", "linkuser-agent.timer").stdout.trim()).toBe("inactive");
  expect(machine.run("cat", "/etc/linkuser-agent/config.json")).toContain(machine.gears.baseUrl);
  expect(machine.run(executable, "status")).toContain("alice");
  expect(reported("uninstall")).toMatchObject({ changes: ["absent", "absent"] });
});

test("with --purge nothing is left", () => {
  expect(reported("uninstall", "--purge")).toMatchObject({ status: 0 });
  expect(machine.try("getent", "-s", "files", "passwd", "linkuser-agent").status).not.toBe(0);
  const left = machine.run("find", "/etc", "/var/lib", "/var/log", "-xdev", "-name", "*linkuser-agent*");
  expect(left).toBe("");
});

test("the first logon finds a link that root made before any service ran", async () => {
  machine.run("systemctl", "stop", "first.service");
  const { clientSecret } = machine.gears;
  const words = [executable, "install", "--credential-from", "-", ...settings()];
  machine.shell(words.map((word) => `'${word}'`).join(" "), JSON.stringify({ clientSecret }));
  expect(linkByRoot()).toContain("linked: ");
  machine.logOn("alice", "second");
  await machine.until("the run", () => machine.runsOfSessions()[1]);
  expect(machine.runsOfSessions()).toEqual(["done", "done"]);
  await expect.poll(() => machine.journal("linkuser-agent@*")).toContain("already-linked: ");
  await expect.poll(linkCalls).toHaveLength(3);
});

test("uninstall --purge ends a run that waits, and systemd lists nothing of it", async () => {
  const unreachable = ["--base-url", "http://127.0.0.1:1", "--retry-initial-delay", "15m"];
  expect(reported("install", ...unreachable)).toMatchObject({ status: 0 });
  machine.run("rm", "-r", "/var/lib/linkuser-agent");
  expect(machine.journal("linkuser-agent@*")).not.toContain('"event":"waiting"');
  machine.logOn("alice", "third");
  await expect.poll(() => machine.journal("linkuser-agent@*")).toContain('"event":"waiting"');
  expect(reported("uninstall", "--purge")).toMatchObject({ status: 0 });
  const listed = ["systemctl", "list-units", "--all", "--plain", "--no-legend", "linkuser-agent*"];
  expect(machine.run(...listed)).toBe("");
  const left = machine.run("find", "/etc", "/var/lib", "/var/log", "-xdev", "-name", "*linkuser-agent*");
  expect(left).toBe("");
});

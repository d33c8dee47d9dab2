import { mkdtempSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { makeLinuxPackage } from "../../../installer/packages.ts";
import { product } from "../../../installer/product.ts";
import { builtExecutable, type LinuxMachine, startMachine } from "./linux-machine.ts";

const configFile = "/etc/linkuser-agent/config.json";
const credentialFile = "/etc/linkuser-agent/credential.json";

declare module "vitest" {
  interface ProvidedContext {
    /** Code name of the release that the package is installed on. */
    readonly debian: string;
  }
}

let dist: string;
let machine: LinuxMachine;
/** The package, and the same of a later version. */
let deb: string;
let later: string;

beforeAll(async () => {
  // Below the repository, which the container sees.
  dist = mkdtempSync(join(dirname(builtExecutable), "test-install-"));
  deb = makeLinuxPackage("deb", "linux-x64", builtExecutable, dist);
  later = makeLinuxPackage("deb", "linux-x64", builtExecutable, dist, `${product.version}+later`);
  machine = await startMachine(`deb-${inject("debian")}`, inject("debian"));
  machine.run("useradd", "--create-home", "alice");
});

afterAll(async () => {
  await machine?.[Symbol.asyncDispose]();
  rmSync(dist, { recursive: true });
});

const linkCalls = () => machine.calls.filter(({ endpoint }) => endpoint === "link_user");

test("it installs, and the timer runs", () => {
  machine.run("dpkg", "--install", deb);
  expect(machine.run("linkuser-agent", "--version").split(" ")[0]).toBe(product.version);
  expect(machine.run("systemctl", "is-active", "linkuser-agent.timer").trim()).toBe("active");
});

test.each(["linkuser-agent@1.service", "linkuser-agent.service"])("%s exposes little", (unit) => {
  const last = machine.run("systemd-analyze", "--no-pager", "security", unit).trim().split("\n").at(-1) ?? "";
  expect(Number(/: ([\d.]+) /.exec(last)?.[1])).toBeLessThanOrEqual(1.2);
});

test("the state of version 0.1.0's dynamic user becomes the service's", () => {
  const state = "linkuser-agent/state.json";
  machine.shell(`
    mkdir --mode=700 --parents /var/lib/private/linkuser-agent; echo '{}' > /var/lib/private/${state}
    chown --recursive 61234:61234 /var/lib/private/linkuser-agent
    ln --symbolic private/linkuser-agent /var/lib/linkuser-agent`);
  machine.run("systemctl", "start", "--wait", "linkuser-agent.service");
  expect(machine.run("stat", "--format=%U %F", `/var/lib/${state}`).trim()).toBe("linkuser-agent regular file");
  expect(machine.try("ls", `/var/lib/private/${state}`).status).not.toBe(0);
});

test("a logon without a credential ends with 77 and says which file is missing", async () => {
  machine.logOn("alice", "first");
  await machine.until("the run", () => machine.runsOfSessions()[0]);
  expect(machine.runsOfSessions()).toEqual(["77"]);
  await expect.poll(() => machine.journal("linkuser-agent@*")).toContain(`${credentialFile} does not exist`);
  machine.run("systemctl", "stop", "first.service");
});

/** The administrator's settings, besides the fake Gears' address. */
function configure(settings: object): void {
  const { baseUrl, clientId } = machine.gears;
  machine.shell(`cat > ${configFile}`, JSON.stringify({ baseUrl, clientId, identify: ["hwid"], ...settings }));
}

test("a logon with a credential that others may read ends with 77 and says how to protect it", async () => {
  configure({ splay: "0s" });
  const { clientSecret } = machine.gears;
  machine.shell(`umask 027; cat > ${credentialFile}`, JSON.stringify({ clientSecret }));
  machine.logOn("alice", "exposed");
  await machine.until("the run", () => machine.runsOfSessions()[1]);
  expect(machine.runsOfSessions()).toEqual(["77", "77"]);
  await expect.poll(() => machine.journal("linkuser-agent@*")).toContain(`chmod 600 ${credentialFile}`);
  expect(machine.calls).toEqual([]);
  machine.run("chmod", "600", credentialFile);
  machine.run("systemctl", "stop", "exposed.service");
});

test("a logon whose turn comes later leaves nothing running, and systemd starts it again", async () => {
  configure({ splay: "30d" });
  machine.logOn("alice", "second");
  await machine.until("the run", () => machine.runsOfSessions()[2]);
  const listed = machine.run("systemctl", "list-units", "--plain", "--no-legend", "linkuser-agent@*.service");
  const [unit = ""] = listed.split(" ");
  const show = (property: string): string =>
    machine.run("systemctl", "show", "--value", `--property=${property}`, unit).trim();
  await expect.poll(() => show("SubState")).toBe("auto-restart");
  expect(show("ExecMainStatus")).toBe("75");
  expect(show("MainPID")).toBe("0");
  expect(show("RestartUSec")).toBe("15min");
  expect(machine.calls).toEqual([]);
  // Its turn, and systemd's next start, are now.
  configure({ splay: "0s" });
  machine.run("systemctl", "restart", unit);
});

test("it links the user with exactly one call", async () => {
  await machine.until("the call", () => linkCalls()[0]);
  await machine.until("the run", () => machine.runsOfSessions()[3]);
  expect(machine.runsOfSessions()).toEqual(["77", "77", "done", "done"]);
  expect(linkCalls()).toMatchObject([{ user: "alice", status: 200 }]);
});

test("doctor --compare agrees with systemd's and coreutils' tools", () => {
  const reported = machine.try("linkuser-agent", "doctor", "--compare", "--json").stdout;
  const comparisons = JSON.parse(reported).comparisons as readonly { fact: string; result: string; reason?: string }[];
  expect(comparisons.filter(({ result }) => result === "different")).toEqual([]);
  const equal = comparisons.filter(({ result }) => result === "equal").map(({ fact }) => fact);
  // A container has its host's firmware, and dmidecode is not in it.
  expect(equal).toEqual(["mac-addresses", "sessions", "user", "groups", "trigger"]);
});

test("the user can read neither the credential nor what the service keeps", () => {
  const asAlice = (path: string) =>
    machine.try("setpriv", "--reuid=alice", "--regid=alice", "--clear-groups", "cat", path);
  const state = "/var/lib/linkuser-agent/state.json";
  for (const path of [credentialFile, state]) {
    expect(machine.try("cat", path)).toMatchObject({ status: 0 });
    expect(asAlice(path)).toMatchObject({
      status: 1,
      stdout: "",
      stderr: expect.stringContaining("Permission denied"),
    });
  }
  const journal = machine.run("journalctl", "--quiet", "--no-pager");
  expect(journal).not.toContain(machine.gears.clientSecret);
});

test("a second session and the timer's run find the link made", async () => {
  machine.run("systemctl", "stop", "second.service");
  machine.logOn("alice", "third");
  await machine.until("the run", () => machine.runsOfSessions()[4]);
  machine.run("systemctl", "start", "--wait", "linkuser-agent.service");
  await expect.poll(() => machine.journal("linkuser-agent.service")).toContain("already-linked");
  expect(linkCalls()).toHaveLength(1);
});

test("an encrypted credential is passed on, too", async () => {
  const encrypted = "/etc/linkuser-agent/credential.cred";
  machine.run("systemd-creds", "encrypt", "--quiet", "--name=credential.json", credentialFile, encrypted);
  machine.run("mv", credentialFile, "/root/");
  const dropIn = "/run/systemd/system/linkuser-agent.service.d";
  const lines = `[Service]\nLoadCredentialEncrypted=credential.json:${encrypted}\n`;
  machine.shell(`mkdir -p ${dropIn}; cat > ${dropIn}/encrypted.conf; systemctl daemon-reload`, lines);
  configure({ splay: "0s", relinkAfter: "0s" });
  machine.run("systemctl", "start", "--wait", "linkuser-agent.service");
  await machine.until("the call", () => linkCalls()[1]);
  expect(linkCalls()).toMatchObject([{}, { user: "alice", status: 200 }]);
  machine.shell(`rm -r ${dropIn} ${encrypted}; mv /root/credential.json ${credentialFile}; systemctl daemon-reload`);
});

test("an upgrade keeps settings, credential and state", () => {
  const settings = machine.run("cat", configFile);
  machine.run("dpkg", "--install", later);
  expect(machine.run("dpkg-query", "--show", product.name)).toBe(`${product.name}\t${product.version}+later\n`);
  expect(machine.run("cat", configFile)).toBe(settings);
  expect(machine.run("cat", credentialFile)).toContain(machine.gears.clientSecret);
  expect(machine.run("linkuser-agent", "status")).toContain("alice");
  expect(machine.run("systemctl", "is-active", "linkuser-agent.timer").trim()).toBe("active");
});

test("removed, it leaves what the administrator and the service made; logons start nothing", () => {
  machine.run("systemctl", "stop", "third.service");
  machine.run("dpkg", "--remove", product.name);
  expect(machine.run("find", "/usr", "/etc/systemd", "-xdev", "-name", "*linkuser-agent*")).toBe("");
  expect(machine.run("cat", configFile)).toContain(machine.gears.baseUrl);
  expect(machine.run("cat", credentialFile)).toContain(machine.gears.clientSecret);
  expect(machine.try("systemctl", "is-active", "linkuser-agent.timer").stdout.trim()).toBe("inactive");
  const before = machine.runsOfSessions().length;
  machine.logOn("alice", "fourth");
  machine.run("loginctl", "--no-pager");
  expect(machine.runsOfSessions()).toHaveLength(before);
  machine.run("systemctl", "stop", "fourth.service");
});

test("purged, nothing is left", () => {
  machine.run("dpkg", "--purge", product.name);
  expect(machine.try("getent", "passwd", "linkuser-agent").stdout).toBe("");
  const left = machine.run(
    "find",
    "/usr",
    "/etc",
    "/var",
    "-xdev",
    "-name",
    "*linkuser-agent*",
    "-not",
    "-path",
    "/var/log/journal/*",
  );
  expect(left).toBe("");
});

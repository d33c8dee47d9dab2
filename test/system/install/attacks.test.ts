import { mkdtempSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeLinuxPackage } from "../../../installer/packages.ts";
import { builtExecutable, type LinuxMachine, startMachine } from "./linux-machine.ts";

/** Attacks on the installed package by a directory, a plain user or a user with rights. */

const configFile = "/etc/linkuser-agent/config.json";
const credentialFile = "/etc/linkuser-agent/credential.json";
/** The user ID of somebody else's account of the services' name. */
const impostor = 70_001;

let dist: string;
let deb: string;
let machine: LinuxMachine;

beforeAll(async () => {
  // Below the repository, which the container sees.
  dist = mkdtempSync(join(dirname(builtExecutable), "test-attacks-"));
  deb = makeLinuxPackage("deb", "linux-x64", builtExecutable, dist);
  machine = await startMachine("attacks");
  machine.run("useradd", "--create-home", "--shell", "/bin/sh", "alice");
  machine.run("mkdir", "--parents", "/var/lib/extrausers");
});

afterAll(async () => {
  await machine?.[Symbol.asyncDispose]();
  rmSync(dist, { recursive: true });
});

/** The order of the name service's sources; extrausers answers as a directory does. */
const setSources = (sources: string): string =>
  machine.shell(`sed --in-place 's/^\\(passwd\\|group\\):.*/\\1: ${sources}/' /etc/nsswitch.conf`);

const asUser = (uid: number | string, ...command: readonly string[]) =>
  machine.try("setpriv", `--reuid=${uid}`, "--regid=65534", "--clear-groups", ...command);

const uidOf = (name: string): string => machine.run("id", "--user", name).trim();

describe("an account of the services' name that is not this machine's", () => {
  test("comes first: the package is not installed, and says what to do", () => {
    const line = `linkuser-agent:x:${impostor}:${impostor}::/home/l:/bin/sh\n`;
    machine.shell("cat > /var/lib/extrausers/passwd", line);
    machine.shell("cat > /var/lib/extrausers/group", `linkuser-agent:x:${impostor + 1}:alice\n`);
    setSources("extrausers files");
    const { status, stderr } = machine.try("dpkg", "--install", deb);
    expect(status).not.toBe(0);
    expect(stderr).toContain(`NSS returns ${impostor}`);
    expect(stderr).toContain("put files first for passwd in /etc/nsswitch.conf");
    expect(machine.try("ls", "/usr/lib/systemd/system/linkuser-agent.service").status).not.toBe(0);
  });

  test("comes after this machine's files: the services have an account of their own there", () => {
    setSources("files extrausers");
    machine.run("dpkg", "--install", deb);
    const [name, , uid, , , , shell] = machine.run("getent", "passwd", "linkuser-agent").trim().split(":");
    expect([name, shell]).toEqual(["linkuser-agent", "/usr/sbin/nologin"]);
    expect(Number(uid)).toBeLessThan(1000);
  });

  test("does not get the credential, and its group stops no run", async () => {
    const { baseUrl, clientId, clientSecret } = machine.gears;
    machine.shell(`cat > ${configFile}`, JSON.stringify({ baseUrl, clientId, identify: ["hwid"], splay: "0s" }));
    machine.shell(`umask 077; cat > ${credentialFile}`, JSON.stringify({ clientSecret }));
    machine.logOn("alice", "first");
    await machine.until("the run", () => machine.runsOfSessions()[0]);
    expect(machine.runsOfSessions()).toEqual(["done"]);
    const dropIn = "/run/systemd/system/linkuser-agent.service.d";
    const lines = "[Service]\nExecStart=\nExecStart=/bin/sleep infinity\n";
    machine.shell(`mkdir -p ${dropIn}; cat > ${dropIn}/sleep.conf; systemctl daemon-reload`, lines);
    machine.run("systemctl", "start", "linkuser-agent.service");
    const pid = machine.run("systemctl", "show", "--value", "--property=MainPID", "linkuser-agent.service").trim();
    expect(machine.run("stat", "--format=%u", `/proc/${pid}`).trim()).toBe(uidOf("linkuser-agent"));
    const handedOn = "/run/credentials/linkuser-agent.service/credential.json";
    expect(machine.run("cat", handedOn)).toContain(clientSecret);
    for (const uid of [impostor, uidOf("alice")]) {
      expect(asUser(uid, "cat", handedOn)).toMatchObject({ status: 1, stdout: "" });
    }
    machine.shell(`systemctl stop linkuser-agent; rm -r ${dropIn}; systemctl daemon-reload`);
  });

  test("if it comes first later, doctor and install say so", () => {
    setSources("extrausers files");
    const { checks } = JSON.parse(machine.try("linkuser-agent", "doctor", "--json").stdout);
    const trigger = checks.find(({ name }: { name: string }) => name === "trigger");
    expect(trigger).toMatchObject({ status: "fail", detail: expect.stringContaining(`${impostor} in NSS`) });
    expect(machine.try("linkuser-agent", "install")).toMatchObject({
      status: 78,
      stdout: expect.stringContaining("put files first for passwd"),
    });
    setSources("files extrausers");
    machine.run("rm", "--recursive", "/var/lib/extrausers");
  });
});

describe("a listener on the vendor client's port", () => {
  const port = 11_369;
  const listen = (user: string, ...within: readonly string[]): void => {
    const program = `require("node:net").createServer((s) => s.destroy()).listen(${port}, "127.0.0.1")`;
    const unit = ["--unit=listener", "--quiet", `--property=User=${user}`];
    machine.run("systemd-run", ...unit, ...within, process.execPath, "--eval", program);
  };
  const asked = async () => {
    await expect.poll(() => machine.run("cat", "/proc/net/tcp")).toContain("0100007F:2C69 00000000:0000 0A");
    const flags = ["--dry-run", "--json", "--user", "alice", "--identify", "opswat,hwid"];
    const { passedOver } = JSON.parse(machine.try("linkuser-agent", ...flags).stdout);
    const own = passedOver.filter(({ source }: { source: string }) => source === "opswat");
    return own.map(({ reason }: { reason: string }) => reason).join("\n") as string;
  };

  test("a plain user is not asked", async () => {
    listen("alice");
    expect(await asked()).toContain(`the user ID ${uidOf("alice")} listens there`);
    machine.run("systemctl", "stop", "listener.service");
  });

  test("a plain user who is root of a user namespace is not either", async () => {
    listen("alice", "unshare", "--user", "--map-root-user");
    expect(await asked()).toContain(`the user ID ${uidOf("alice")} listens there`);
    machine.run("systemctl", "stop", "listener.service");
  });

  test("root is", async () => {
    listen("root");
    expect(await asked()).not.toContain("listens there");
    machine.run("systemctl", "stop", "listener.service");
  });
});

test("an environment that su keeps is ignored, under any name", async () => {
  machine.run("passwd", "--delete", "root");
  machine.run("systemctl", "stop", "first.service");
  const session = ["-E", "XDG_SESSION_CLASS=user", "--property=PAMName=login", "--property=User=alice"];
  const variables = ["-E", "USER=root", "-E", "LOGNAME=root", "-E", "LINKUSER_BASE_URL=https://evil.example"];
  const command = "su --preserve-environment --command 'env USER=root LOGNAME=root linkuser-agent config --json' root";
  const config = machine.run(
    "systemd-run",
    "--quiet",
    "--pipe",
    "--wait",
    ...session,
    ...variables,
    "sh",
    "-c",
    command,
  );
  expect(config).not.toContain("evil.example");
  // A unit's variables are the administrator's.
  const own = machine.run(
    "systemd-run",
    "--quiet",
    "--pipe",
    "--wait",
    ...variables,
    "linkuser-agent",
    "config",
    "--json",
  );
  expect(own).toContain("evil.example");
});

test("a plain user who is root of a user namespace reads no secret", () => {
  const inNamespace = ["unshare", "--user", "--map-root-user", "cat"];
  expect(asUser("alice", ...inNamespace, "/etc/linkuser-agent/config.json")).toMatchObject({ status: 0 });
  for (const path of [credentialFile, "/var/lib/linkuser-agent/state.json"]) {
    expect(asUser("alice", ...inNamespace, path)).toMatchObject({ status: 1, stdout: "" });
  }
});

test("a plain user who mounts other settings over the machine's gets no secret sent", () => {
  const before = machine.calls.length;
  const script = `mount -t tmpfs none /mnt; mkdir /mnt/own /mnt/real; cp ${configFile} /mnt/own
    mount --rbind /etc/linkuser-agent /mnt/real; mount --bind /mnt/own /etc/linkuser-agent
    linkuser-agent link --json --no-splay --user alice
    cat /mnt/real/credential.json /run/credentials/*/credential.json`;
  const { stdout } = asUser("alice", "unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script);
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: "state-unusable" } });
  expect(stdout).not.toContain(machine.gears.clientSecret);
  expect(machine.calls.length).toBe(before);
});

test("a session of cron's is no logon: nobody is linked", async () => {
  const [before, calls] = [machine.runsOfSessions().length, machine.calls.length];
  const session = ["-E", "XDG_SESSION_CLASS=background", "--property=PAMName=login", "--property=User=alice"];
  machine.run("systemd-run", "--quiet", "--unit=job", ...session, "sleep", "infinity");
  await machine.until("the run", () => machine.runsOfSessions()[before]);
  const classes =
    "loginctl list-sessions --no-legend | while read -r id _; do loginctl show-session -p Class $id; done";
  expect(machine.shell(classes)).toContain("Class=background");
  expect([machine.runsOfSessions()[before], machine.calls.length]).toEqual(["done", calls]);
  machine.run("systemctl", "stop", "job.service");
});

test("all runs share a slice with limits", () => {
  const show = (unit: string, property: string): string =>
    machine.run("systemctl", "show", "--value", `--property=${property}`, unit).trim();
  for (const unit of ["linkuser-agent@1.service", "linkuser-agent.service"]) {
    expect(show(unit, "Slice")).toBe("system-linkuser.slice");
  }
  const limits = ["MemoryMax", "MemorySwapMax", "TasksMax"].map((name) => show("system-linkuser.slice", name));
  expect(limits).toEqual([String(600 * 1024 * 1024), "0", "500"]);
});

test("a run of root's leaves no core dump, which other programs here do", async () => {
  /** @param ready a word of its output, by which it has started */
  const coresOf = (command: string, ready: string): string =>
    machine.shell(`
      mkdir --parents /run/cores; cd /run/cores; rm --force *; ulimit -c unlimited
      ${command} > output 2>&1 &
      until grep --quiet ${ready} output; do kill -0 $!; sleep 0.1; done
      kill -ABRT $!; wait $! || true
      ls`);
  expect(coresOf("sh -c 'echo ready; exec sleep 60'", "ready")).toContain("core");
  const waiting = "--base-url http://127.0.0.1:1 --no-splay --force --user alice --retry-initial-delay 1h";
  expect(coresOf(`linkuser-agent link ${waiting}`, "waiting")).toBe("output\n");
});

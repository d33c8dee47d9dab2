import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeLinuxPackage } from "../../../installer/packages.ts";
import { product } from "../../../installer/product.ts";
import { builtExecutable, type LinuxMachine, startMachine } from "./linux-machine.ts";

/** The RPM package. No distribution that uses rpm is at hand: it is installed on Debian, without its dependencies. */

const configFile = "/etc/linkuser-agent/config.json";
const credentialFile = "/etc/linkuser-agent/credential.json";

let dist: string;
let rpm: string;
let machine: LinuxMachine;

beforeAll(async () => {
  dist = mkdtempSync(join(dirname(builtExecutable), "test-rpm-"));
  rpm = makeLinuxPackage("rpm", "linux-x64", builtExecutable, dist);
  machine = await startMachine("rpm");
  machine.run("useradd", "--create-home", "alice");
});

afterAll(async () => {
  await machine?.[Symbol.asyncDispose]();
  rmSync(dist, { recursive: true });
});

const query = (...args: readonly string[]): string[] =>
  execFileSync("rpm", ["--query", ...args, "--package", rpm], { encoding: "utf8" })
    .trim()
    .split("\n");

test("it is named as rpm names packages, and says that nobody signed it", () => {
  expect(rpm).toBe(join(dist, `${product.name}-${product.version}-1.x86_64.rpm`));
  expect(query("--queryformat", "%{NAME} %{VERSION} %{RELEASE} %{ARCH} %{BUILDHOST}")).toEqual([
    `${product.name} ${product.version} 1 x86_64 localhost`,
  ]);
});

test("it needs the libraries that the executable loads, by names that all distributions share", () => {
  expect(query("--requires")).toEqual(
    expect.arrayContaining([
      "systemd >= 247",
      "libsystemd.so.0()(64bit)",
      "libatomic.so.1()(64bit)",
      "libstdc++.so.6()(64bit)",
      "libc.so.6(GLIBC_2.28)(64bit)",
    ]),
  );
  const glibc = query("--requires").flatMap((one) => /GLIBC_2\.(\d+)/.exec(one)?.[1] ?? []);
  expect(Math.max(...glibc.map(Number))).toBe(28);
});

test("its files are root's, and the settings are the administrator's", () => {
  const owners = query("--queryformat", "[%{FILEUSERNAME}:%{FILEGROUPNAME}\n]");
  expect(new Set(owners)).toEqual(new Set(["root:root"]));
  expect(query("--configfiles")).toEqual([configFile]);
  expect(query("--queryformat", "[%{FILEMODES:perms} %{FILENAMES}\n]")).toEqual(
    expect.arrayContaining([
      "-rwxr-xr-x /usr/bin/linkuser-agent",
      `-rw-r--r-- ${configFile}`,
      `-rw------- ${credentialFile}`,
      "-rw-r--r-- /usr/lib/systemd/system/linkuser-agent@.service",
      "-rw-r--r-- /usr/lib/systemd/system/session-.scope.d/50-linkuser-agent.conf",
    ]),
  );
});

test("it installs, and a logon links the user with exactly one call", async () => {
  machine.rpm("--install", "--nodeps", rpm);
  expect(machine.rpm("--verify", "--nodeps", product.name)).toBe("");
  expect(machine.run("systemctl", "is-active", "linkuser-agent.timer").trim()).toBe("active");
  const { baseUrl, clientId, clientSecret } = machine.gears;
  const settings = ["--base-url", baseUrl, "--client-id", clientId, "--splay", "0s", "--identify", "hwid"];
  const install = ["linkuser-agent", "install", "--json", "--credential-from", "-", ...settings].join(" ");
  const { steps } = JSON.parse(machine.shell(install, JSON.stringify({ clientSecret })));
  expect(steps).toMatchObject([{ change: "update" }, { change: "create" }, { change: "keep" }]);
  machine.logOn("alice", "first");
  await machine.until("the run", () => machine.runsOfSessions()[0]);
  expect(machine.runsOfSessions()).toEqual(["done"]);
  const linkCalls = () => machine.calls.filter(({ endpoint }) => endpoint === "link_user");
  await machine.until("the call", () => linkCalls()[0]);
  expect(linkCalls()).toMatchObject([{ user: "alice", status: 200 }]);
});

test("an upgrade keeps settings, credential and state, and the timer runs on", () => {
  machine.rpm("--upgrade", "--replacepkgs", "--nodeps", rpm);
  expect(machine.run("cat", configFile)).toContain(machine.gears.baseUrl);
  expect(machine.run("cat", credentialFile)).toContain(machine.gears.clientSecret);
  expect(machine.run("linkuser-agent", "status")).toContain("alice");
  expect(machine.run("systemctl", "is-active", "linkuser-agent.timer").trim()).toBe("active");
});

test("a credential that others may read is reported by rpm --verify", () => {
  machine.run("chmod", "644", credentialFile);
  expect(() => machine.rpm("--verify", "--nodeps", "--noconfig", product.name)).toThrow(credentialFile);
  machine.run("chmod", "600", credentialFile);
  expect(machine.rpm("--verify", "--nodeps", "--noconfig", product.name)).toBe("");
});

test("erased, it takes the credential along and leaves changed settings aside; logons start nothing", () => {
  machine.run("systemctl", "stop", "first.service");
  machine.rpm("--erase", product.name);
  expect(machine.run("find", "/usr", "/etc", "-xdev", "-name", "*linkuser-agent*", "-type", "f")).toBe("");
  expect(machine.run("ls", "/etc/linkuser-agent").trim()).toBe("config.json.rpmsave");
  expect(machine.try("systemctl", "is-active", "linkuser-agent.timer").stdout.trim()).toBe("inactive");
  const before = machine.runsOfSessions().length;
  machine.logOn("alice", "second");
  machine.run("loginctl", "--no-pager");
  expect(machine.runsOfSessions()).toHaveLength(before);
});

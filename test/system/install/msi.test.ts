import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { DOMParser } from "@xmldom/xmldom";
import { NtExecutable, NtExecutableResource, Resource } from "resedit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { runCommand } from "../../../installer/executable/command.ts";
import { setWindowsResources } from "../../../installer/executable/pe/windows-resources.ts";
import { makeWindowsPackage } from "../../../installer/packages.ts";
import { product } from "../../../installer/product.ts";
import { codeBlocks } from "../../documents/code-blocks.ts";
import { type Gears, startGears } from "../../fakes/gears.ts";
import { holds } from "../../installer/windows/msi-condition.ts";
import { sharedFolder, windowsTarget } from "../windows/wine-machine.ts";
import {
  dataFolder,
  msiTable,
  nothing,
  programFolder,
  startWindowsInstallation,
  type WindowsInstallation,
} from "./windows-installation.ts";

/**
 * The MSI under Wine's Windows Installer. Wine leaves out UPGRADINGPRODUCTCODE at an upgrade, and shows the text of a
 * launch condition only in a window.
 */

const built = resolve(import.meta.dirname, "../../../dist", windowsTarget().executable);
const later = "90.1.0";
const installed = [
  `${programFolder}\\linkuser-agent.exe`,
  `${dataFolder}\\config.json`,
  `${dataFolder}\\credential.json`,
  `${dataFolder}\\logon-task.xml`,
  "C:\\windows\\system32\\tasks\\LinkUserAgent",
];

let scratch: string;
let first: string;
let second: string;
let windows: WindowsInstallation;
let gears: Gears;

beforeAll(async () => {
  // Else a commit during the tests would change the packages.
  vi.stubEnv("SOURCE_DATE_EPOCH", "1700000000");
  scratch = mkdtempSync(join(tmpdir(), "linkuser-agent-msi-"));
  first = makeWindowsPackage(built, scratch);
  const changed = join(scratch, "later.exe");
  copyFileSync(built, changed);
  setWindowsResources(changed, { version: later, description: "later", fileName: windowsTarget().executable });
  second = makeWindowsPackage(changed, scratch, later);
  windows = await startWindowsInstallation();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await windows?.[Symbol.asyncDispose]();
  rmSync(scratch, { recursive: true, force: true });
});

beforeEach(async () => {
  gears = await startGears({ limit: { calls: 1000, periodMs: 60_000 } });
  await windows.machine.forward(gears.port);
});
afterEach(async () => {
  await gears.close();
  const { products, files } = await windows.look();
  for (const version of products) await windows.msiexec(version === later ? second : first, "/x {msi}");
  if (files.length > 0) await windows.machine.run("cmd", ["/c", "rmdir", "/s", "/q", dataFolder]);
});

const productCode = (msi: string): string =>
  msiTable(msi, "Property").find(({ Property }) => Property === "ProductCode")?.["Value"] ?? "";

/** Puts the credential where the installation is to take it from. */
function putCredential(): string {
  const { clientId, clientSecret } = gears;
  writeFileSync(join(windows.machine.folder, "credential.json"), JSON.stringify({ clientId, clientSecret }));
  return `CREDENTIALFILE=${sharedFolder}\\credential.json`;
}
const credentialIsThere = (): boolean => existsSync(join(windows.machine.folder, "credential.json"));

const settings = (): string => `BASEURL=${gears.baseUrl} PROXY=none SPLAY=0s GROUPPREFER="Sales *,IT" FLEETSIZE=2000`;

const settingsFile = async (): Promise<unknown> => {
  const content = await windows.read(`${dataFolder}\\config.json`);
  return content === undefined ? undefined : JSON.parse(content.toString());
};
const inForce = () => ({
  baseUrl: gears.baseUrl,
  proxy: "none",
  splay: "0s",
  groupPrefer: ["Sales *", "IT"],
  fleetSize: 2000,
});

describe("the package", () => {
  test("has the executable's own version, so that an upgrade replaces it", () => {
    for (const [msi, file] of [
      [first, built],
      [second, join(scratch, "later.exe")],
    ] as const) {
      const resources = NtExecutableResource.from(NtExecutable.from(readFileSync(file)));
      const [info] = Resource.VersionInfo.fromEntries(resources.entries);
      const { fileVersionMS = 0, fileVersionLS = 0 } = info?.fixedInfo ?? {};
      const version = [fileVersionMS >>> 16, fileVersionMS & 0xffff, fileVersionLS >>> 16, fileVersionLS & 0xffff];
      expect(msiTable(msi, "File")[0]).toMatchObject({ Version: version.join("."), FileName: "linkuser-agent.exe" });
    }
  });

  test("is one product in all versions, which replaces older ones and other builds of its own version", () => {
    expect(productCode(first)).not.toBe(productCode(second));
    const [one, other] = [first, second].map((msi) => msiTable(msi, "Upgrade"));
    expect(one?.map(({ UpgradeCode }) => UpgradeCode)).toEqual(other?.map(({ UpgradeCode }) => UpgradeCode));
    expect(one).toContainEqual(
      expect.objectContaining({ ActionProperty: "OLDERFOUND", VersionMax: product.version, Attributes: "768" }),
    );
    expect(one).toContainEqual(
      expect.objectContaining({ ActionProperty: "NEWERFOUND", VersionMin: product.version, Attributes: "2" }),
    );
  });

  test("runs its actions as SYSTEM, takes no properties at a repair and hides secrets", () => {
    const types = Object.fromEntries(msiTable(first, "CustomAction").map(({ Action, Type }) => [Action, Number(Type)]));
    // 0x400 deferred, 0x800 without impersonation, 0x100 rollback, 0x40 ignoring its result.
    expect(types).toMatchObject({ Install: 0xc12, Uninstall: 0xc52, RestoreTrigger: 0xd52, EndRun: 0xc62 });
    const given = msiTable(first, "InstallExecuteSequence").filter(({ Action }) => /^Give_[A-Z]+$/.test(Action ?? ""));
    expect(given.length).toBeGreaterThan(20);
    for (const { Condition } of given)
      expect(Condition).toMatch(/^[A-Z]+ AND NOT Installed AND \(NOT ProductState = 1 OR AdminUser\)$/);
    expect(msiTable(first, "Property")).toContainEqual({
      Property: "MsiHiddenProperties",
      Value: "CLIENTSECRET;ACCESSTOKEN",
    });
  });

  test("starts no program where a plain user asks for a repair, who could get at its window (CVE-2024-38014)", () => {
    const conditions = new Map(
      msiTable(first, "InstallExecuteSequence").map(({ Action = "", Condition = "" }) => [Action, Condition]),
    );
    // The low six bits: a property (51), or a program, a library or a script in several places.
    const programs = msiTable(first, "CustomAction").filter(({ Type }) => (Number(Type) & 0x3f) !== 51);
    const started = (properties: Readonly<Record<string, string>>): readonly (string | undefined)[] =>
      programs.filter(({ Action = "" }) => holds(conditions.get(Action) ?? "", properties)).map(({ Action }) => Action);
    const repair = { Installed: "2026/11/30", ProductState: "5", REINSTALL: "ALL", REINSTALLMODE: "omus" };
    expect(started(repair)).toEqual([]);
    expect(started({ ...repair, AdminUser: "1" })).toEqual(expect.arrayContaining(["Install", "EndRun"]));
    const others = ["InstallUISequence", "AdminUISequence", "AdminExecuteSequence", "AdvtExecuteSequence"];
    const actions = others.flatMap((table) => msiTable(first, table).map(({ Action }) => Action));
    for (const { Action } of msiTable(first, "CustomAction")) expect(actions).not.toContain(Action);
  });

  test("never restarts the computer, though a silent installation may where a file is in use", () => {
    expect(msiTable(first, "Property")).toContainEqual({ Property: "REBOOT", Value: "ReallySuppress" });
  });

  test("if it is installed already, it becomes a repair before Windows plans the installation", () => {
    const sequence = msiTable(first, "InstallExecuteSequence");
    const at = (action: string): number => Number(sequence.find(({ Action }) => Action === action)?.["Sequence"]);
    expect(msiTable(first, "CustomAction")).toContainEqual(
      expect.objectContaining({ Action: "Repair", Type: "51", Source: "REINSTALL", Target: "ALL" }),
    );
    expect(sequence).toContainEqual(
      expect.objectContaining({ Action: "Repair", Condition: "Installed AND NOT REMOVE AND NOT REINSTALL" }),
    );
    expect(at("LaunchConditions")).toBeLessThan(at("Repair"));
    expect(at("Repair")).toBeLessThan(at("CostInitialize"));
  });

  test("has the same bytes when it is made again", () => {
    const again = mkdtempSync(join(scratch, "again-"));
    expect(readFileSync(makeWindowsPackage(built, again)).equals(readFileSync(first))).toBe(true);
  });
});

test("an installation puts everything in place, and its task's action ends in one link_user call", async () => {
  const { exitCode, log, started } = await windows.msiexec(first, `/i {msi} ${settings()} ${putCredential()}`);
  expect(exitCode).toBe(0);
  expect(await windows.look()).toEqual({ files: installed, products: [product.version], eventSource: true });
  expect(await settingsFile()).toEqual(inForce());
  expect(credentialIsThere()).toBe(false);
  expect((await windows.read(`${dataFolder}\\credential.json`))?.toString()).toMatch(/^\{"protection":"dpapi-machine"/);

  expect(started.join("\n")).toContain("--credential-from");
  for (const secret of gears.secrets) expect(`${log}${started.join("\n")}`).not.toContain(secret);

  const doctor = await windows.machine.run(installed[0] ?? "", ["doctor", "--json"]);
  const { checks } = JSON.parse(doctor.stdout) as { checks: { name: string; status: string }[] };
  for (const name of ["trigger", "credential", "settings"]) {
    expect(checks).toContainEqual(expect.objectContaining({ name, status: "ok" }));
  }

  // Wine's Task Scheduler keeps no action and starts nothing: the action is started as the registered definition says.
  const definition = (await windows.read(`${dataFolder}\\logon-task.xml`))?.toString("utf16le").slice(1) ?? "";
  const task = new DOMParser().parseFromString(definition, "text/xml");
  const text = (name: string): string => task.getElementsByTagName(name)[0]?.textContent ?? "";
  const action = () => windows.machine.run(text("Command"), text("Arguments").split(" "));
  expect(await action()).toMatchObject({ exitCode: 0 });
  expect(gears.callsOf("link_user")).toHaveLength(1);
  expect([...gears.links.values()]).toEqual([{ user: "alice", group: undefined }]);
  expect(await action()).toMatchObject({ exitCode: 0 });
  expect(gears.callsOf("link_user")).toHaveLength(1);
});

test("doctor fails for a task that somebody disabled, with the command that enables it", async () => {
  await windows.msiexec(first, `/i {msi} ${settings()} ${putCredential()}`);
  const definition = (await windows.read(`${dataFolder}\\logon-task.xml`))?.toString("utf16le") ?? "";
  // Wine's tool can't disable: the changed definition is what Windows then keeps.
  const disabled = definition.replace(/<Enabled>true(<\/Enabled>\s*<Hidden>)/, "<Enabled>false$1");
  expect(disabled).not.toBe(definition);
  writeFileSync(join(windows.machine.folder, "disabled.xml"), Buffer.from(disabled, "utf16le"));
  const file = `${sharedFolder}\\disabled.xml`;
  await windows.machine.run("schtasks", ["/Create", "/F", "/TN", "LinkUserAgent", "/XML", file]);
  const { stdout } = await windows.machine.run(installed[0] ?? "", ["doctor", "--json"]);
  expect((JSON.parse(stdout) as { checks: unknown[] }).checks).toContainEqual(
    expect.objectContaining({
      name: "trigger",
      status: "fail",
      advice: "schtasks /Change /TN LinkUserAgent /ENABLE",
    }),
  );
});

test("without properties nothing is set, as Group Policy installs it", async () => {
  expect((await windows.msiexec(first, "/i {msi}")).exitCode).toBe(0);
  const { files } = await windows.look();
  expect(files).toEqual(installed.filter((path) => !/config|credential/.test(path)));
});

test("a transform's row in the package's property table counts as a given property", async () => {
  const changed = join(scratch, "changed.msi");
  copyFileSync(first, changed);
  const row = "INSERT INTO `Property` (`Property`, `Value`) VALUES ('FLEETSIZE', '2000')";
  runCommand("msibuild", [changed, "-q", row]);
  expect((await windows.msiexec(changed, "/i {msi}")).exitCode).toBe(0);
  expect(await settingsFile()).toEqual({ fleetSize: 2000 });
});

test("a repair puts back what is missing, and takes no settings from the user who asks for it", async () => {
  await windows.msiexec(first, `/i {msi} ${settings()} ${putCredential()}`);
  await windows.machine.run("schtasks", ["/Delete", "/TN", "LinkUserAgent", "/F"]);
  await windows.machine.run("cmd", ["/c", "del", installed[0] ?? ""]);
  // What /fa stands for; Wine's takes no properties there.
  const properties = `REINSTALL=ALL REINSTALLMODE=amus BASEURL=https://evil.example ${putCredential()}`;
  expect((await windows.msiexec(first, `/i {msi} ${properties}`)).exitCode).toBe(0);
  expect((await windows.look()).files).toEqual(installed);
  expect(await settingsFile()).toEqual(inForce());
  expect(credentialIsThere()).toBe(true);
});

test("installed once more, as a management tool does it, it puts back what is missing, and takes no properties", async () => {
  await windows.msiexec(first, `/i {msi} ${settings()} ${putCredential()}`);
  await windows.machine.run("cmd", ["/c", "del", installed[0] ?? ""]);
  expect((await windows.msiexec(first, `/i {msi} FLEETSIZE=7 ${putCredential()}`)).exitCode).toBe(0);
  expect((await windows.look()).files).toEqual(installed);
  expect(await settingsFile()).toEqual(inForce());
  expect(credentialIsThere()).toBe(true);
});

/** The script for cmd in a guide. */
function printedScript(guide: string): string {
  const text = readFileSync(join(import.meta.dirname, "../../../docs", guide), "utf8");
  const printed = codeBlocks(text).find(({ code }) => code.startsWith("@echo off")) ?? expect.fail(guide);
  return printed.code.replaceAll("\n", "\r\n");
}

async function runScript(script: string): Promise<number> {
  writeFileSync(join(windows.machine.folder, "script.cmd"), script);
  return (await windows.machine.run("cmd", ["/c", `${sharedFolder}\\script.cmd`])).exitCode;
}

test("the startup script of the Group Policy guide installs the credential as soon as there is a program", async () => {
  putCredential();
  const script = printedScript("deploy-windows.md").replace("\\\\server\\linkuser$", sharedFolder);
  expect(script).toContain(`=${sharedFolder}\\credential.json`);
  await runScript(script);
  expect(await windows.look()).toEqual(nothing);
  await windows.msiexec(first, "/i {msi}");
  expect(await runScript(script)).toBe(0);
  expect((await windows.look()).files).toContain(`${dataFolder}\\credential.json`);
  expect(credentialIsThere()).toBe(true);
});

test("install.cmd of the Intune guide, as printed, installs, repairs and takes in a new secret", async () => {
  const script = printedScript("deploy-intune.md");
  expect(script).toContain(basename(first));
  copyFileSync(first, join(windows.machine.folder, basename(first)));

  putCredential();
  expect(await runScript(script)).toBe(0);
  expect(credentialIsThere()).toBe(false);
  expect((await windows.look()).files).toEqual(installed.filter((path) => !path.endsWith("config.json")));
  const before = await windows.read(`${dataFolder}\\credential.json`);

  await windows.machine.run("cmd", ["/c", "del", installed[0] ?? ""]);
  const secret = { clientId: gears.clientId, clientSecret: "another-secret" };
  writeFileSync(join(windows.machine.folder, "credential.json"), JSON.stringify(secret));
  expect(await runScript(script)).toBe(0);
  expect(credentialIsThere()).toBe(false);
  expect(await windows.read(`${dataFolder}\\credential.json`)).not.toEqual(before);
  expect((await windows.look()).files).toContain(installed[0]);

  writeFileSync(join(windows.machine.folder, "credential.json"), "{}");
  expect(await runScript(script)).toBe(77);
});

describe("an upgrade", () => {
  test("as Windows does it keeps settings and credential", async () => {
    await windows.msiexec(first, `/i {msi} ${settings()} ${putCredential()}`);
    const credential = await windows.read(`${dataFolder}\\credential.json`);
    // The older one's removal, with the property that Wine leaves out.
    await windows.msiexec(first, `/x {msi} UPGRADINGPRODUCTCODE=${productCode(second)}`);
    expect((await windows.msiexec(second, "/i {msi}")).exitCode).toBe(0);
    expect(await windows.look()).toEqual({ files: installed, products: [later], eventSource: true });
    expect(await settingsFile()).toEqual(inForce());
    expect(await windows.read(`${dataFolder}\\credential.json`)).toEqual(credential);
  });

  test("replaces the older version, but not with a wrong value; and a later one is not replaced by it", async () => {
    await windows.msiexec(first, `/i {msi} ${settings()}`);
    const before = await windows.look();
    expect((await windows.msiexec(second, "/i {msi} FLEETSIZE=many")).exitCode).toBe(1603);
    expect(await windows.look()).toEqual(before);
    expect(await settingsFile()).toEqual(inForce());
    expect((await windows.msiexec(second, "/i {msi}")).exitCode).toBe(0);
    expect((await windows.look()).products).toEqual([later]);
    const downgrade = await windows.msiexec(first, "/i {msi}");
    expect(downgrade.exitCode).toBe(1603);
    expect((await windows.look()).products).toEqual([later]);
  });
});

describe("a removal", () => {
  test("leaves only other users' files", async () => {
    await windows.msiexec(first, `/i {msi} ${settings()} ${putCredential()}`);
    await windows.machine.run(installed[0] ?? "", ["link"]);
    await windows.machine.run("cmd", ["/c", `echo mine> ${dataFolder}\\notes.txt`]);
    expect((await windows.msiexec(first, "/x {msi}")).exitCode).toBe(0);
    expect(await windows.look()).toEqual({ ...nothing, files: [`${dataFolder}\\notes.txt`] });
  });

  test("keeps the settings where that is asked for", async () => {
    await windows.msiexec(first, `/i {msi} ${settings()}`);
    await windows.msiexec(first, "/x {msi} KEEPSETTINGS=1");
    expect((await windows.look()).files).toEqual([`${dataFolder}\\config.json`]);
  });
});

describe("a wrong value stops the installation, and the machine is as it was", () => {
  test.each([
    "FLEETSIZE=many",
    "BASEURL=gears.example.com",
    "LOGLEVEL=loud",
    "ALLOWMULTISESSION=perhaps",
    "CREDENTIALFILE=credential.json",
    "STATEDIR=C:\\State\\",
    "CLIENTSECRET=not-on-a-command-line",
  ])("before anything is changed: %s", async (parameter) => {
    const credential = parameter.startsWith("CREDENTIAL") ? "" : putCredential();
    const { exitCode, log } = await windows.msiexec(first, `/i {msi} ${credential} ${parameter}`);
    expect(exitCode).toBe(1603);
    expect(log).toMatch(/Action ended [^\n]*LaunchConditions\. Return value 0/);
    expect(log).not.toContain("Action start InstallFiles");
    expect(await windows.look()).toEqual(nothing);
    if (credential !== "") expect(credentialIsThere()).toBe(true);
  });

  test.each(["SPLAY=sometimes", `CREDENTIALFILE=${sharedFolder}\\none.json`])(
    "by the agent, and Windows Installer takes back what it did: %s",
    async (parameter) => {
      const { exitCode } = await windows.msiexec(first, `/i {msi} FLEETSIZE=5 ${parameter}`);
      expect(exitCode).not.toBe(0);
      expect(await windows.look()).toEqual(nothing);
    },
  );
});

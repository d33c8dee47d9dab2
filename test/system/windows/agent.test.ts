import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { loadFlagsAt } from "../../../installer/executable/pe/library-folders.ts";
import { type Gears, startGears } from "../../fakes/gears.ts";
import { type CallNative, installAgent, installNative } from "./windows-agent.ts";
import {
  type EndedInWine,
  hardware,
  sharedFolder,
  startWineMachine,
  type WineMachine,
  type WineRunOptions,
  windowsTarget,
} from "./wine-machine.ts";

/** The built executable under Wine, as an administrator sets it up: files in ProgramData, policy in the registry. */

const user = "zoë";
const home = "C:\\ProgramData\\LinkUserAgent";
const policyKey = "HKLM\\SOFTWARE\\Policies\\LinkUserAgent";

let machine: WineMachine;
let agent: string;
let native: CallNative;
let gears: Gears;

beforeAll(async () => {
  machine = await startWineMachine(user);
  agent = installAgent(machine);
  native = installNative(machine);
});
afterAll(async () => await machine?.[Symbol.asyncDispose]());

beforeEach(async () => {
  gears = await startGears({ limit: { calls: 1000, periodMs: 60_000 } });
  await machine.forward(gears.port);
  await machine.run("cmd", ["/c", "rmdir", "/s", "/q", home]);
  await machine.run("reg", ["delete", policyKey, "/f"]);
  await native(["protect-folder", home]);
  await native(["protect", `${home}\\credential.json`, credential()]);
  await configure({});
});
afterEach(async () => await gears.close());

const credential = (): string => JSON.stringify({ clientId: gears.clientId, clientSecret: gears.clientSecret });

async function configure(settings: Readonly<Record<string, unknown>>): Promise<void> {
  const inForce = { baseUrl: gears.baseUrl, proxy: "none", deadline: "60s", requestTimeout: "30s", ...settings };
  writeFileSync(join(machine.folder, "config.json"), JSON.stringify(inForce));
  await machine.run("cmd", ["/c", "copy", "/y", `${sharedFolder}\\config.json`, `${home}\\config.json`]);
}

const setPolicy = async (...parameters: readonly string[]): Promise<EndedInWine> =>
  await machine.run("reg", ["add", ...parameters, "/f"]);

async function run(
  args: readonly string[],
  options?: WineRunOptions,
): Promise<EndedInWine & { readonly document: Document }> {
  const ended = await machine.run(agent, [...args, "--json", "--no-splay"], options);
  const kept = await machine.run("cmd", ["/c", `type ${home}\\state.json ${home}\\linkuser-agent.log 2>nul`]);
  for (const secret of gears.secrets) expect(`${ended.stdout}${ended.stderr}${kept.stdout}`).not.toContain(secret);
  return { ...ended, document: JSON.parse(ended.stdout) as Document };
}

interface Document {
  readonly outcome: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

test("doctor --compare starts Windows' tools, ends, and says why each one missing in Wine fails", async () => {
  const { stdout } = await machine.run(agent, ["doctor", "--compare", "--json"]);
  const { comparisons } = JSON.parse(stdout) as { readonly comparisons: readonly Comparison[] };
  expect(comparisons.map(({ fact, result }) => [fact, result])).toEqual([
    ["mac-addresses", "not-compared"],
    ["hardware-uuid", "not-compared"],
    ["user", "not-compared"],
    ["groups", "not-compared"],
    ["directory", "not-compared"],
    ["trigger", "equal"],
    ["credential", "not-compared"],
  ]);
  for (const { result, reason } of comparisons) {
    if (result === "not-compared") expect(reason).toMatch(/is not installed|printed n/);
  }
  expect(comparisons[0]?.ours).toEqual([hardware.mac]);
});

interface Comparison {
  readonly fact: string;
  readonly result: string;
  readonly reason: string;
  readonly ours: readonly string[];
}

test("the executable holds nothing of the machine that built it", () => {
  const image = readFileSync(join(machine.folder, windowsTarget().executable));
  const root = resolve(import.meta.dirname, "../../..");
  for (const text of [root, `${homedir()}/.`, process.env["PATH"] ?? "", "WINEPREFIX"]) {
    expect(image.includes(text), text).toBe(false);
  }
});

test("draws other random numbers in each process: how long a refusal is remembered", async () => {
  await native([
    "protect",
    `${home}\\credential.json`,
    JSON.stringify({ clientId: gears.clientId, clientSecret: "no" }),
  ]);
  const lengths = [];
  for (let round = 0; round < 2; round += 1) {
    const { document } = await run(["--force"]);
    expect(document.outcome).toBe("credentials");
    const { stdout } = await machine.run("cmd", ["/c", `type ${home}\\state.json && del ${home}\\state.json`]);
    const { since, until } = JSON.parse(stdout).refusal;
    lengths.push(until - since);
  }
  // Of 7.2 million possible ones.
  expect(new Set(lengths).size).toBe(2);
});

test("dry-run shows the adapter, the firmware's UUID, the session's user and the groups, and sends nothing", async () => {
  const { exitCode, document } = await run(["--dry-run"]);
  expect(document).toMatchObject({
    outcome: "dry-run",
    device: { value: hardware.mac, opt: 0, source: "mac", detail: hardware.adapter },
    username: user,
    request: { body: { username: user } },
  });
  expect(document["candidates"]).toContainEqual(
    expect.objectContaining({ value: hardware.uuid, opt: 1, source: "hwid", detail: "SMBIOS system UUID" }),
  );
  expect(document["groups"]).toContainEqual(
    expect.objectContaining({ name: "Administrators", domain: "BUILTIN", unfit: "a built-in group" }),
  );
  expect(exitCode).toBe(0);
  expect(gears.calls).toEqual([]);
});

test("links once: the second run makes no call", async () => {
  const first = await run([]);
  expect(first.document).toMatchObject({ outcome: "linked", username: user, requests: { token: 1, linkUser: 1 } });
  expect(first.exitCode).toBe(0);
  expect([...gears.links]).toEqual([[hardware.mac, { user, group: undefined }]]);
  const calls = gears.calls.length;
  const second = await run([]);
  expect(second.document).toMatchObject({ outcome: "already-linked" });
  expect(second.exitCode).toBe(0);
  expect(gears.calls).toHaveLength(calls);
});

test("links by the firmware's UUID if identify asks for it", async () => {
  await configure({ identify: ["hwid"] });
  const { document } = await run([]);
  expect(document).toMatchObject({ outcome: "linked", device: { value: hardware.uuid, opt: 1, source: "hwid" } });
  expect(gears.callsOf("link_user")[0]?.opt).toBe("1");
});

test("prefers the vendor client's device ID in the registry, under a name in any case", async () => {
  const key = "HKLM\\SOFTWARE\\WOW6432Node\\OPSWAT\\GEARS Client\\Status";
  await setPolicy(key, "/v", "hwid", "/d", "1dc0aaaa292ce801f5379042d68bb6cb");
  const { document } = await run(["--dry-run"]);
  await machine.run("reg", ["delete", "HKLM\\SOFTWARE\\WOW6432Node\\OPSWAT", "/f"]);
  expect(document["device"]).toMatchObject({ value: "1dc0aaaa292ce801f5379042d68bb6cb", opt: 1, source: "opswat" });
});

test("reads the vendor client's device ID from the place in the setting", async () => {
  const key = "HKLM\\SOFTWARE\\Vendor\\Client";
  await setPolicy(key, "/v", "Machine Id", "/d", "2dc0aaaa292ce801f5379042d68bb6cb");
  await configure({ opswatRegistry: `${key}\\machine id` });
  const { document } = await run(["--dry-run"]);
  await machine.run("reg", ["delete", "HKLM\\SOFTWARE\\Vendor", "/f"]);
  expect(document["device"]).toMatchObject({ value: "2dc0aaaa292ce801f5379042d68bb6cb", source: "opswat" });
});

test("distinguishes an adapter on USB, as in a dock, from a built-in one", async () => {
  const { printed } = await native(["interfaces"]);
  const { guid } = (printed as { alias: string; guid: string }[]).find(({ alias }) => alias === hardware.adapter) ?? {};
  const network = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Network\\{4D36E972-E325-11CE-BFC1-08002BE10318}";
  await setPolicy(`${network}\\${guid}\\Connection`, "/v", "PnpInstanceID", "/d", "USB\\VID_0BDA&PID_8153\\000001");
  const { document } = await run(["--dry-run"]);
  await machine.run("reg", ["delete", `${network}\\${guid}`, "/f"]);
  expect(document["candidates"]).toContainEqual(
    expect.objectContaining({ value: hardware.mac, reason: "USB adapter or dock, carries the default route" }),
  );
});

test("keeps settings, state and log in folders whose names are outside the code page", async () => {
  const folder = `${home}\\営業 Größe ✓`;
  await native(["protect-folder", folder]);
  await configure({ stateDir: `${folder}\\状態`, logFile: `${folder}\\журнал.log` });
  await machine.run("cmd", ["/c", "copy", "/y", `${sharedFolder}\\config.json`, `${folder}\\設定.json`]);
  await machine.run("cmd", ["/c", "del", `${home}\\config.json`]);
  const config = ["--config", `${folder}\\設定.json`];
  expect((await run(config)).document).toMatchObject({ outcome: "linked", username: user });
  expect((await run(config)).document).toMatchObject({ outcome: "already-linked" });
  const files = await machine.runLinux(["ls", `/home/user/prefix/drive_c/ProgramData/LinkUserAgent/営業 Größe ✓`]);
  expect(files.stdout.split("\n")).toEqual(expect.arrayContaining(["状態", "журнал.log"]));
});

test("a change of the time zone changes nothing", async () => {
  expect((await run([], { environment: { TZ: "EAST-14" } })).document).toMatchObject({ outcome: "linked" });
  const { document } = await run([], { environment: { TZ: "WEST+11" } });
  expect(document).toMatchObject({ outcome: "already-linked" });
  expect(document.message).toContain(
    `linked since ${new Date(gears.callsOf("link_user")[0]?.at ?? 0).toISOString().slice(0, 10)}`,
  );
});

test("two runs at the same time make one link", async () => {
  const outcomes = await Promise.all([run([]), run([])]);
  expect(outcomes.map(({ document }) => document.outcome).sort()).toEqual(["already-linked", "linked"]);
  expect(gears.callsOf("link_user")).toHaveLength(1);
});

describe("policy", () => {
  test("beats flag and file, as text, number and list", async () => {
    await setPolicy(policyKey, "/v", "UsernameFormat", "/d", "down-level");
    await setPolicy(policyKey, "/v", "FleetSize", "/t", "REG_DWORD", "/d", "2000");
    await setPolicy(policyKey, "/v", "identify", "/t", "REG_MULTI_SZ", "/d", "hwid\\0mac");
    await setPolicy(`${policyKey}\\GroupPrefer`, "/v", "1", "/d", "Sales *");
    await setPolicy(`${policyKey}\\GroupPrefer`, "/v", "2", "/d", "Größe");
    const { document } = await run(["--dry-run", "--fleet-size", "5"]);
    expect(document["device"]).toMatchObject({ source: "hwid" });
    expect(document["origins"]).toMatchObject({
      fleetSize: `policy ${policyKey}, FleetSize`,
      identify: `policy ${policyKey}, Identify`,
      groupPrefer: `policy ${policyKey}, GroupPrefer`,
    });
    const shown = await machine.run(agent, ["config", "--json"]);
    expect(JSON.parse(shown.stdout)).toMatchObject({
      settings: { fleetSize: { value: "2000" }, groupPrefer: { value: "Sales *,Größe" } },
    });
  });

  test("of a wrong type is refused by name", async () => {
    await setPolicy(policyKey, "/v", "FleetSize", "/t", "REG_BINARY", "/d", "0102");
    const { exitCode, document } = await run([]);
    expect(document).toMatchObject({ outcome: "config-invalid" });
    expect(document.message).toMatch(/FleetSize: .*REG_BINARY/);
    expect(exitCode).toBe(78);
    expect(gears.calls).toEqual([]);
  });

  test("that is no setting is refused, and the nearest one named", async () => {
    await setPolicy(policyKey, "/v", "FleetSise", "/t", "REG_DWORD", "/d", "5");
    const { exitCode, document } = await run([]);
    expect(document.message).toContain("Did you mean FleetSize?");
    expect(exitCode).toBe(78);
  });
});

describe("credentials", () => {
  test("are refused where others may read them, with the commands that fix it", async () => {
    writeFileSync(join(machine.folder, "open.json"), credential(), { mode: 0o644 });
    const { exitCode, document } = await run(["--credential-file", `${sharedFolder}\\open.json`]);
    expect(document).toMatchObject({ outcome: "credentials", error: { code: "credentials-exposed" } });
    expect(document.message).toContain("icacls");
    expect(exitCode).toBe(77);
    expect(gears.calls).toEqual([]);
  });

  test("are asked for if there are none", async () => {
    await machine.run("cmd", ["/c", "del", `${home}\\credential.json`]);
    const { exitCode, document } = await run([]);
    expect(document).toMatchObject({ outcome: "credentials", error: { code: "credentials-missing" } });
    expect(exitCode).toBe(77);
  });
});

test("refuses settings that ordinary users may change", async () => {
  writeFileSync(join(machine.folder, "config.json"), JSON.stringify({ baseUrl: gears.baseUrl }));
  const { exitCode, document } = await run(["--config", `${sharedFolder}\\config.json`]);
  expect(document).toMatchObject({ outcome: "config-invalid", error: { code: "settings-exposed" } });
  expect(exitCode).toBe(78);
});

test("loads and writes no file that variables of its runtime name", async () => {
  const sections = `[all]\nproviders=p\n[p]\nintruder=i\n[i]\nmodule=${sharedFolder}\\none.dll\nactivate=1\n`;
  writeFileSync(join(machine.folder, "openssl.cnf"), `nodejs_conf=all\nopenssl_conf=all\n${sections}`);
  const environment = {
    OPENSSL_CONF: `${sharedFolder}\\openssl.cnf`,
    NODE_COMPILE_CACHE: `${sharedFolder}\\made`,
    NODE_V8_COVERAGE: `${sharedFolder}\\made`,
  };
  expect((await run([], { environment })).document.outcome).toBe("linked");
  expect(existsSync(join(machine.folder, "made"))).toBe(false);
});

test("takes no code from NODE_OPTIONS", async () => {
  writeFileSync(join(machine.folder, "trap.cjs"), 'require("node:fs").writeFileSync("Z:\\\\mnt\\\\trapped", "");');
  const environment = { NODE_OPTIONS: `--require=${sharedFolder}\\trap.cjs` };
  const { document } = await run(["--dry-run"], { environment });
  expect(document.outcome).toBe("dry-run");
  expect(existsSync(join(machine.folder, "trapped"))).toBe(false);
  await machine.run(`${sharedFolder}\\node.exe`, ["-e", "0"], { environment });
  expect(existsSync(join(machine.folder, "trapped"))).toBe(true);
});

test("writes the same document to a file as to a pipe", async () => {
  await machine.run("cmd", ["/c", `${agent} --dry-run --json > ${sharedFolder}\\out.json`]);
  const { document } = await run(["--dry-run"]);
  const written = JSON.parse(readFileSync(join(machine.folder, "out.json"), "utf8")) as Document;
  expect({ ...written, elapsedMs: 0 }).toEqual({ ...document, elapsedMs: 0 });
});

test("loads its libraries only from System32", () => {
  const image = readFileSync(resolve(import.meta.dirname, "../../../dist", windowsTarget().executable));
  expect(image.readUInt16LE(loadFlagsAt(image))).toBe(0x800);
});

test("starts no other process", async () => {
  const { stderr, exitCode } = await machine.run(agent, ["--no-splay"], {
    environment: { WINEDEBUG: "-all,+process" },
  });
  expect(exitCode).toBe(0);
  const started = stderr.split("\n").filter((line) => line.includes("CreateProcessInternalW"));
  const others = started.filter((line) => !line.includes("linkuser-agent-win-x64.exe"));
  expect(others).toEqual([]);
  const traced = await machine.run("cmd", ["/c", "cmd /c exit"], { environment: { WINEDEBUG: "-all,+process" } });
  expect(traced.stderr).toContain("CreateProcessInternalW");
});

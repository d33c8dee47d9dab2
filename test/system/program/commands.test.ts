import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { settingNames, settingsTable } from "../../../agent/settings/table.ts";
import { type Gears, startGears } from "../../fakes/gears.ts";
import { type Endpoint, setUpEndpoint, start } from "../support/agent.ts";

/** The commands besides `link`, and the program's description of itself. */

let gears: Gears;
let endpoint: Endpoint;

beforeEach(async () => {
  gears = await startGears();
  endpoint = setUpEndpoint(gears);
});
afterEach(async () => {
  endpoint[Symbol.dispose]();
  await gears.close();
});

describe("config", () => {
  test("shows every setting, once, with its effective value and origin", async () => {
    const environment = { ...endpoint.environment, LINKUSER_MAX_CANDIDATES: "2", LINKUSER_DEADLINE: "" };
    const { exitCode, stdout } = await endpoint.run(["config", "--json", "--fleet-size", "2000"], { environment });
    expect(exitCode).toBe(0);
    const { settings } = JSON.parse(stdout);
    expect(Object.keys(settings).sort()).toEqual([...settingNames].sort());
    expect(settings.fleetSize).toEqual({ value: "2000", origin: "flag --fleet-size" });
    expect(settings.maxCandidates).toEqual({ value: "2", origin: "environment LINKUSER_MAX_CANDIDATES" });
    expect(settings.deadline).toEqual({ value: "1m", origin: expect.stringContaining(endpoint.settingsFile) });
    expect(settings.opswatPort).toEqual({ value: "11369", origin: "default" });
    expect(settings.clientCertFile).toEqual({ value: null, origin: "default" });
    expect(settings.groupPrefer).toEqual({ value: "", origin: "default" });
  });

  test("flag beats environment beats file", async () => {
    const environment = { ...endpoint.environment, LINKUSER_DEADLINE: "22s" };
    const deadline = async (...args: string[]) =>
      JSON.parse((await endpoint.run(["config", "--json", ...args], { environment })).stdout).settings.deadline.value;
    expect(await deadline("--deadline", "21s")).toBe("21s");
    expect(await deadline()).toBe("22s");
  });

  test("shows a person the same, a line for each", async () => {
    const { exitCode, stdout } = await endpoint.run(["config"]);
    expect(exitCode).toBe(0);
    const lines = stdout.trimEnd().split("\n");
    for (const name of settingNames) expect(lines.filter((line) => line.startsWith(`${name} `)).length).toBe(1);
  });
});

test.each([
  ["--devices", "many", "a whole number", []],
  ["--logon-spread", "1", "a duration", ["--devices=2"]],
])("plan names the value that it does not take: %s %s", async (flag, value, allowed, others) => {
  const { exitCode, stdout } = await endpoint.run(["plan", ...others, flag, value]);
  expect(exitCode).toBe(64);
  expect(stdout).toContain(`flag ${flag}: "${value}" is not valid; it must be ${allowed}`);
});

/** Processor time of a process in its own code, in clock ticks of 10 ms (proc_pid_stat(5), utime). */
const userTime = (pid: number): number =>
  Number(readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ")[11]);

test("a signal ends plan at once, even during a long simulation", async () => {
  const { child, ended } = start(["plan", "--devices", "100000"]);
  // By then it is simulating, which takes several times as long.
  while (userTime(child.pid ?? 0) < 100) await wait(10);
  child.kill("SIGINT");
  expect((await ended).signal).toBe("SIGINT");
});

describe("status", () => {
  test("before the first run", async () => {
    const { stdout } = await endpoint.run(["status", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ lastRun: null, link: null, nextTry: null });
  });

  test("after a link and after a failure, with that run's exit code", async () => {
    await endpoint.link();
    const linked = await endpoint.run(["status", "--json"]);
    expect(linked.exitCode).toBe(0);
    const [device] = gears.links.keys();
    expect(JSON.parse(linked.stdout)).toMatchObject({
      lastRun: { outcome: "linked" },
      link: { device: { value: device } },
    });

    gears.answerAlways("link_user", { status: 307 });
    await endpoint.link(["--force"]);
    const failed = await endpoint.run(["status", "--json"]);
    expect(failed.exitCode).toBe(76);
    expect(JSON.parse(failed.stdout)).toMatchObject({
      lastRun: { outcome: "protocol" },
      link: { device: { value: device } },
    });
    expect((await endpoint.run(["status"])).stdout).toContain("protocol");
  });
});

describe("help and version", () => {
  test("--version is one line, or one document", async () => {
    const text = await start(["--version"]).ended;
    expect([text.exitCode, text.stderr]).toEqual([0, ""]);
    const line = /^(\d+\.\d+\.\d+) \((from sources|[\da-f]{12}\S*), ([a-z\d]+-[a-z\d]+)\)\n$/;
    const [, version, source, platform] = line.exec(text.stdout) ?? [];
    expect(version).toBeDefined();
    const commit = source === "from sources" ? null : expect.stringContaining(source ?? "");
    const document = await start(["--version", "--json"]).ended;
    expect(JSON.parse(document.stdout)).toEqual({ version, commit, platform });
  });

  test("--help names every command and exit code", async () => {
    const { exitCode, stdout, stderr } = await start(["--help"]).ended;
    expect([exitCode, stderr]).toEqual([0, ""]);
    for (const word of ["link", "status", "config", "--dry-run", "64 usage", "78 config-invalid"]) {
      expect(stdout).toContain(word);
    }
  });

  test("a command's help names every setting as a flag", async () => {
    const { exitCode, stdout } = await start(["link", "--help-all"]).ended;
    expect(exitCode).toBe(0);
    for (const name of settingNames) {
      const flag = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      expect(stdout).toContain(`--${flag} ${settingsTable[name].kind.placeholder}`);
    }
  });
});

describe("standard output", () => {
  test("carries only the result: log lines go to standard error and to the log file", async () => {
    const { stdout, stderr } = await endpoint.link(["--log-level", "debug"]);
    expect(stdout.trimEnd().split("\n").length).toBe(1);
    const events = stderr
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).event);
    expect(events).toContain("linked");
  });

  test("a reader that goes away does not change the run", async () => {
    const { child, ended } = start([...endpoint.flags, "--config", endpoint.settingsFile], {
      environment: endpoint.environment,
    });
    child.stdout?.destroy();
    await ended;
    expect(gears.links.size).toBe(1);
  });
});

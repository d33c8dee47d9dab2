import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startGears } from "../../fakes/gears.ts";
import { canMount, setUpEndpoint, start } from "../support/agent.ts";

/** A person's environment decides nothing in a run with rights; a unit's environment does. */
test("a run with rights uses the settings' destination, not the environment of the user who started it", async () => {
  const isRoot = process.geteuid?.() === 0;
  await using gears = await startGears();
  await using elsewhere = await startGears();
  using endpoint = setUpEndpoint(gears);
  endpoint.configure({ logFile: undefined, stateDir: undefined, proxy: undefined });
  const planted = join(endpoint.directory, "planted");
  const environment = {
    ...endpoint.environment,
    STATE_DIRECTORY: planted,
    LOGS_DIRECTORY: planted,
    LINKUSER_BASE_URL: elsewhere.baseUrl,
    LINKUSER_LOG_FILE: join(planted, "log"),
    LINKUSER_STATE_DIR: planted,
  };
  const config = async (more: Readonly<Record<string, string>>) => {
    const { stdout } = await endpoint.run(["config", "--json"], { environment: { ...environment, ...more } });
    const { baseUrl, logFile, stateDir } = JSON.parse(stdout).settings;
    return [baseUrl.value, logFile.value.startsWith(planted), stateDir.value.startsWith(planted)];
  };
  const obeyed = [elsewhere.baseUrl, true, true];
  expect(await config({})).toEqual(obeyed);
  expect(await config({ SUDO_UID: "1000" })).toEqual(isRoot ? [gears.baseUrl, false, false] : obeyed);

  const { document } = await endpoint.link(["--dry-run"], { environment: { ...environment, SUDO_UID: "1000" } });
  expect(JSON.stringify(document["warnings"]).includes("LINKUSER_BASE_URL")).toBe(isRoot);
  expect(elsewhere.calls).toEqual([]);
  expect(existsSync(planted)).toBe(false);
});

/** A machine without SMBIOS and machine ID, where libraries look with the help of other programs. */
const bareHardware = [
  "for file in /etc/machine-id /sys/class/dmi/id/product_uuid; do",
  '  [ ! -e "$file" ] || mount --bind /dev/null "$file" || exit 99',
  'done; exec "$@"',
].join("\n");

// Mounting takes rights that the tests may not have.
if (canMount) {
  test("the second source of hardware IDs starts the system's programs, regardless of PATH", async () => {
    await using gears = await startGears();
    using endpoint = setUpEndpoint(gears, { identify: ["hwid"] });
    const [trap, mark] = [join(endpoint.directory, "bin"), join(endpoint.directory, "mark")];
    mkdirSync(trap);
    for (const name of ["cat", "head", "hostname", "ip", "which"]) {
      writeFileSync(join(trap, name), `#!/bin/sh\n/usr/bin/touch ${mark}\n`, { mode: 0o755 });
    }
    const environment = { ...endpoint.environment, PATH: `${trap}:${process.env["PATH"]}` };
    const within = ["unshare", "-m", "sh", "-c", bareHardware, "sh"];
    const { stdout } = await endpoint.link(["--dry-run"], { environment, within });
    expect(stdout).toContain("(systeminformation)");
    expect(existsSync(mark)).toBe(false);
  });
}

/** Only root's runs have rights that a sudo rule could give away. */
if (process.geteuid?.() === 0) {
  test.each([
    // The value of --user goes into the log; a shell would run it here.
    [["link", "--log-file", "FILE", "--user", "$(touch pwned)"], "--log-file"],
    [["link", "--state-dir", "FILE"], "--state-dir"],
    [["status", "--config", "FILE"], "--config"],
    [["doctor", "--ca-file", "FILE", "--client-key-file", "FILE"], "--ca-file, --client-key-file"],
    [["config", "--credential-file", "FILE"], "--credential-file"],
    [["plan", "--devices", "5", "--svg", "FILE"], "--svg"],
    [["doctor", "--bundle", "FILE"], "--bundle"],
  ])("a rule of sudo for the program opens no file of its user's choice: %j", async (args, named) => {
    await using gears = await startGears();
    using endpoint = setUpEndpoint(gears);
    const planted = join(endpoint.directory, "profile.d.sh");
    const asked = args.map((word) => (word === "FILE" ? planted : word));
    const sudo = { SUDO_UID: "1000", SUDO_USER: "alice" };
    const { exitCode, stdout } = await start([...asked, "--json"], { environment: sudo }).ended;
    expect([exitCode, JSON.parse(stdout).message]).toEqual([64, expect.stringContaining(`${named}: not allowed`)]);
    expect(existsSync(planted)).toBe(false);
  });

  test("a secret in clear text goes only to root's listener, not to a plain user's on that port", async () => {
    await using gears = await startGears();
    using endpoint = setUpEndpoint(gears);
    const listening = "require('node:http').createServer((q, a) => { console.log('asked'); a.end('{}') })";
    const script = `process.setgroups([]); process.setgid(4242); process.setuid(4242);
      ${listening}.listen(0, '127.0.0.1', function () { console.log(this.address().port) })`;
    const stranger = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    try {
      let said = "";
      stranger.stdout.setEncoding("utf8").on("data", (text: string) => {
        said += text;
      });
      await once(stranger.stdout, "data");
      endpoint.configure({ baseUrl: `http://127.0.0.1:${said.trim()}` });
      const { exitCode, document } = await endpoint.link();
      expect([exitCode, document.error?.code]).toEqual([77, "credentials-exposed"]);
      expect(document.message).toContain("the user ID 4242 listens there");
      expect(said).not.toContain("asked");
    } finally {
      stranger.kill();
    }
    endpoint.configure({ baseUrl: gears.baseUrl.replace("127.0.0.1", "localhost") });
    expect((await endpoint.link()).document.message).toContain("Write 127.0.0.1 in baseUrl");
    endpoint.configure({ baseUrl: gears.baseUrl });
    expect((await endpoint.link()).exitCode).toBe(0);
  });
}

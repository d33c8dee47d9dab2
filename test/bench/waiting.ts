import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempDisposableSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { startGears } from "../fakes/gears.ts";
import { failure } from "../fakes/gears-api.ts";

/**
 * The cost of a waiting run: the built executable after a 429 and, in the same minute, a bare Node with one timer. `npm
 * run bench:waiting [-- SECONDS]`, after `npm run build`.
 */

const seconds = Number(process.argv[2] ?? 60);
const executable = resolve(process.env["LINKUSER_EXECUTABLE"] ?? "dist/linkuser-agent-linux-x64");
if (!existsSync(executable)) throw new Error(`${executable} is missing: npm run build -- --target linux-x64`);

interface Cost {
  /** Resident memory, and that of it which is no page of a file, MiB. */
  readonly resident: number;
  readonly anonymous: number;
  readonly peak: number;
  /** Time that all threads have run, ms. */
  readonly processor: number;
}

/** proc(5): VmRSS and VmHWM, smaps_rollup, and of each thread the nanoseconds that it ran. */
function costOf({ pid }: ChildProcess): Cost {
  const read = (file: string): string => readFileSync(`/proc/${pid}/${file}`, "latin1");
  const mebibytes = (text: string, name: RegExp): number =>
    [...text.matchAll(name)].reduce((sum, [, kibibytes]) => sum + Number(kibibytes) / 1024, 0);
  const status = read("status");
  const threads = readdirSync(`/proc/${pid}/task`).map((id) => Number(read(`task/${id}/schedstat`).split(" ")[0]));
  return {
    resident: mebibytes(status, /^VmRSS:\s+(\d+)/gm),
    anonymous: mebibytes(read("smaps_rollup"), /^Anonymous:\s+(\d+)/gm),
    peak: mebibytes(status, /^VmHWM:\s+(\d+)/gm),
    processor: threads.reduce((sum, ran) => sum + ran, 0) / 1e6,
  };
}

using scratch = mkdtempDisposableSync(join(tmpdir(), "linkuser-agent-waiting-"));
const folder = scratch.path;
await using gears = await startGears();
gears.answerAlways("link_user", failure(429, "later", { "Retry-After": "3600" }));
const config = join(folder, "config.json");
const settings = {
  baseUrl: gears.baseUrl,
  clientId: gears.clientId,
  excludeUsers: [],
  proxy: "none",
  stateDir: join(folder, "state"),
  logFile: join(folder, "log"),
};
writeFileSync(config, JSON.stringify(settings), { mode: 0o600 });
writeFileSync(join(folder, "bare.cjs"), "setTimeout(() => {}, 3_600_000);");

const stdio = ["ignore", "ignore", "pipe"] as const;
const environment = { PATH: process.env["PATH"], HOME: folder };
const bare = spawn(process.execPath, [join(folder, "bare.cjs")], { env: environment, stdio: [...stdio] });
const agent = spawn(executable, ["--config", config, "--user", userInfo().username, "--no-splay"], {
  env: { ...environment, LINKUSER_CLIENT_SECRET: gears.clientSecret },
  stdio: [...stdio],
});

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const row = (name: string, ...cells: readonly number[]): void =>
  print(`${name.padEnd(22)}${cells.map((cell) => cell.toFixed(1).padStart(12)).join("")}`);

try {
  await new Promise<void>((waits, fail) => {
    let log = "";
    agent.stderr.on("data", (text: Buffer) => {
      log += text;
      if (log.includes('"event":"waiting"')) waits();
    });
    agent.once("exit", (code) => fail(new Error(`the agent ended with ${code} instead of waiting: ${log}`)));
  });
  // V8 collects garbage once more at the first look at the clock, half a minute into the wait.
  await wait(40_000);
  const before = [bare, agent].map(costOf);
  await wait(seconds * 1000);
  const [ofBare, ofAgent] = [bare, agent].map(costOf);
  const [bareBefore, agentBefore] = before;
  if (!ofBare || !ofAgent || !bareBefore || !agentBefore) throw new Error("nothing was measured");
  const ran = [ofBare.processor - bareBefore.processor, ofAgent.processor - agentBefore.processor] as const;

  print(`${seconds} s of waiting\n`);
  print(
    `${"".padEnd(22)}${["resident MiB", "anonymous", "peak MiB", "ran ms"].map((one) => one.padStart(12)).join("")}`,
  );
  row("bare Node, one timer", ofBare.resident, ofBare.anonymous, ofBare.peak, ran[0]);
  row("the agent, waiting", ofAgent.resident, ofAgent.anonymous, ofAgent.peak, ran[1]);
  print("");
  const goal = (name: string, value: number, most: number): void =>
    print(`${value <= most ? "reached" : "missed "}  ${name}: ${value.toFixed(2)}, at most ${most}`);
  goal("resident memory / bare Node", ofAgent.resident / ofBare.resident, 2);
  goal("anonymous memory / bare Node", ofAgent.anonymous / ofBare.anonymous, 2);
  goal("processor time, ms in a minute", (ran[1] / seconds) * 60, 60);
} finally {
  for (const child of [bare, agent]) child.kill("SIGKILL");
}

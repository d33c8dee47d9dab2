import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempDisposableSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { networkInterfaces, tmpdir, userInfo } from "node:os";
import { join, resolve } from "node:path";
import { getCACertificates } from "node:tls";
import { startGears } from "../fakes/gears.ts";
import { createTestCa } from "../system/support/certificates.ts";
import { compareElsewhere } from "./elsewhere.ts";
import { median, processorTimeOfEnded } from "./measure.ts";

/**
 * Measures whole processes, from start to exit, of the built executable and its comparisons in turns, so that other
 * load on the machine affects all of them equally. `npm run bench [-- ROUNDS]`, after `npm run build`. On a busy
 * machine the least times and the processor times are still of use, the medians are not.
 */

const rounds = Number(process.argv[2] ?? 30);
const executable = resolve(process.env["LINKUSER_EXECUTABLE"] ?? "dist/linkuser-agent-linux-x64");
if (!existsSync(executable)) throw new Error(`${executable} is missing: npm run build -- --target linux-x64`);

/** The same link as an administrator would script it. */
const script = `set -euo pipefail
interface=$(awk '$2 == "00000000" { print $1; exit }' /proc/net/route)
mac=$(< "/sys/class/net/\${interface:-$INTERFACE}/address")
token=$(curl --silent --show-error --fail --data "client_id=$CLIENT_ID" --data "client_secret=$CLIENT_SECRET" \\
  --data grant_type=client_credentials "$BASE/o/oauth/token" | jq --raw-output .access_token)
jq --null-input --arg username "$(id --user --name)" '{$username}' |
  curl --silent --show-error --fail --header 'Content-Type: application/json' --data @- \\
    "$BASE/o/api/v2/devices/$mac/link_user?opt=0&access_token=$token" | jq --exit-status '.result == 1'
`;

interface Contender {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly environment?: Readonly<Record<string, string>>;
  readonly milliseconds: number[];
  /** Processor time of all runs together, including child processes. */
  processorMilliseconds: number;
  readonly mebibytes: number[];
}

const contender = (
  name: string,
  command: Contender["command"],
  environment: Readonly<Record<string, string>> = {},
): Contender => ({ name, command, environment, milliseconds: [], processorMilliseconds: 0, mebibytes: [] });

async function run({ name, command, environment }: Contender, watch?: (pid: number) => void): Promise<string> {
  const [file, ...args] = command;
  const child = spawn(file, args, {
    env: { PATH: process.env["PATH"], ...environment },
    stdio: ["ignore", "pipe", "ignore"],
    timeout: 20_000,
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  let running = true;
  const look = (): void => {
    if (!running || child.pid === undefined) return;
    watch?.(child.pid);
    setImmediate(look);
  };
  if (watch !== undefined) look();
  const exitCode = await new Promise((ended, failed) => child.on("error", failed).on("close", ended));
  running = false;
  if (exitCode !== 0) throw new Error(`${name} ended with ${exitCode}: ${output}`);
  return output;
}

async function time(one: Contender): Promise<void> {
  const before = processorTimeOfEnded();
  const start = performance.now();
  await run(one);
  one.milliseconds.push(performance.now() - start);
  one.processorMilliseconds += processorTimeOfEnded() - before;
}

/** The kernel's high-water mark of resident memory shortly before the process ended. */
async function weigh(one: Contender): Promise<void> {
  let kibibytes = 0;
  await run(one, (pid) => {
    try {
      const mark = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1];
      kibibytes = Math.max(kibibytes, Number(mark ?? 0));
    } catch {
      // It has ended meanwhile.
    }
  });
  one.mebibytes.push(kibibytes / 1024);
}

using scratch = mkdtempDisposableSync(join(tmpdir(), "linkuser-agent-bench-"));
const folder = scratch.path;
using ca = createTestCa();
const limit = { calls: 1_000_000, periodMs: 60_000 };
await using overHttp = await startGears({ limit });
await using overTls = await startGears({ limit, tls: ca.issue("DNS:localhost,IP:127.0.0.1") });
const { clientId, clientSecret } = overHttp;

// On an endpoint the script trusts the system's store, which the agent reads, too; and here the test's CA beside it.
const scriptTrusts = join(folder, "ca.pem");
writeFileSync(scriptTrusts, [...new Set(getCACertificates("system")), readFileSync(ca.file, "utf8")].join("\n"));

const adapter = Object.entries(networkInterfaces()).find(([, addresses]) => addresses?.some((one) => !one.internal));
const INTERFACE = adapter?.[0] ?? "eth0";

/** @param state name of a folder of its own, for runs that find what the last one of their kind left */
function agent(
  baseUrl: string,
  args: readonly string[],
  state = new URL(baseUrl).port,
): [Contender["command"], Record<string, string>] {
  const config = join(folder, `${state}.json`);
  const settings = {
    baseUrl,
    clientId: baseUrl === overTls.baseUrl ? overTls.clientId : clientId,
    interface: INTERFACE,
    excludeUsers: [],
    caFile: ca.file,
    proxy: "none",
    stateDir: join(folder, state),
    logFile: join(folder, "log"),
  };
  writeFileSync(config, JSON.stringify(settings), { mode: 0o600 });
  const secret = baseUrl === overTls.baseUrl ? overTls.clientSecret : clientSecret;
  return [
    [executable, "--config", config, "--user", userInfo().username, "--json", ...args],
    { HOME: folder, LINKUSER_CLIENT_SECRET: secret },
  ];
}

const bash = (BASE: string, CLIENT_ID: string, CLIENT_SECRET: string): Parameters<typeof contender>[2] => ({
  BASE,
  CLIENT_ID,
  CLIENT_SECRET,
  INTERFACE,
  CURL_CA_BUNDLE: scriptTrusts,
});

writeFileSync(join(folder, "nothing.cjs"), "");
const bare = contender("bare Node", [process.execPath, join(folder, "nothing.cjs")]);
const link = contender("link over HTTP", ...agent(overHttp.baseUrl, ["--force", "--no-splay"]));
const linkTls = contender("link over TLS", ...agent(overTls.baseUrl, ["--force", "--no-splay"]));
const dryRun = contender("dry run", ...agent(overHttp.baseUrl, ["--dry-run"]));
const scriptHttp = contender(
  "script over HTTP",
  ["bash", "-c", script],
  bash(overHttp.baseUrl, clientId, clientSecret),
);
const scriptTls = contender(
  "script over TLS",
  ["bash", "-c", script],
  bash(overTls.baseUrl, overTls.clientId, overTls.clientSecret),
);
// As 96 times a day: after a run that had linked before, too.
const alreadyLinked = contender("already linked", ...agent(overHttp.baseUrl, [], "linked"));
await run(contender("first link", ...agent(overHttp.baseUrl, ["--force", "--no-splay"], "linked")));
const all = [bare, link, linkTls, alreadyLinked, dryRun, scriptHttp, scriptTls];
const identity: number[] = [];

for (const one of all) await run(one);
for (let round = 0; round < rounds; round += 1) {
  for (const one of round % 2 === 0 ? all : all.toReversed()) await time(one);
}
// Resident memory counts file pages, in pieces as large as the page cache holds them: both files are read again.
for (const file of [process.execPath, executable]) {
  spawnSync("sync", [file]);
  spawnSync("dd", [`if=${file}`, "iflag=nocache", "count=0"]);
}
for (let round = 0; round < 5; round += 1) for (const one of [bare, link, linkTls]) await weigh(one);
for (let round = 0; round < 11; round += 1) identity.push(JSON.parse(await run(dryRun)).elapsedMs);

const measures = {
  median: (one: Contender) => median(one.milliseconds),
  least: (one: Contender) => Math.min(...one.milliseconds),
  processor: (one: Contender) => one.processorMilliseconds / rounds,
};
const mib = (one: Contender): number => median(one.mebibytes);
const print = (line: string): void => void process.stdout.write(`${line}\n`);

print(`${rounds} rounds in turns; ms\n`);
const headings = ["median", "least", "processor", "× bare Node", "peak MiB"];
print(`${"".padEnd(18)}${headings.map((heading) => heading.padStart(13)).join("")}`);
for (const one of all) {
  const times = Object.values(measures).map((measure) => measure(one).toFixed(1));
  const cells = [...times, (median(one.milliseconds) / median(bare.milliseconds)).toFixed(2)];
  if (one.mebibytes.length > 0) cells.push(mib(one).toFixed(1));
  print(`${one.name.padEnd(18)}${cells.map((cell) => cell.padStart(13)).join("")}`);
}

function goal(name: string, value: number, most: number, more = ""): void {
  print(`${value <= most ? "reached" : "missed "}  ${name}: ${value.toFixed(2)}, at most ${most}${more}`);
}

function timeGoal(one: Contender, other: Contender, most: number): void {
  const [byMedian = 0, byLeast = 0, byProcessor = 0] = Object.values(measures).map(
    (measure) => measure(one) / measure(other),
  );
  const more = `; by least ${byLeast.toFixed(2)}, by processor time ${byProcessor.toFixed(2)}`;
  goal(`${one.name} / ${other.name}`, byMedian, most, more);
}

print("");
timeGoal(linkTls, scriptTls, 0.85);
timeGoal(link, scriptHttp, 1.05);
timeGoal(alreadyLinked, bare, 1.15);
for (const one of [link, linkTls]) goal(`peak memory, ${one.name} / bare Node`, mib(one) / mib(bare), 1.3);
goal("executable, MB", statSync(executable).size / 1e6, 100);
goal("identity, ms", median(identity), 10);

print("");
const [[, ...args], environment] = agent(overHttp.baseUrl, []);
for (const line of await compareElsewhere({ args, environment })) print(line);

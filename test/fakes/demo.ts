import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { networkInterfaces, tmpdir, userInfo } from "node:os";
import { join, resolve } from "node:path";
import { showsColour } from "../../agent/render/standard-streams.ts";
import { fitTerminal } from "../../agent/render/terminal-text.ts";
import { type Call, type Gears, startGears } from "./gears.ts";

/** Shows the main job on this machine's own hardware and user, against a fake Gears on loopback. */

const columns = process.stdout.columns ?? 80;
const colour = showsColour(process.env);
const main = resolve(import.meta.dirname, "../../agent/main.ts");
const { username, uid } = userInfo();

const print = (text = ""): void => void process.stdout.write(`${text}\n`);

/** Text as a terminal shows it, indented. */
const paragraph = (text: string, indent = ""): string =>
  fitTerminal(text, { columns: columns - indent.length, colour }).replaceAll(/^(?=.)/gm, indent);

function heading(text: string): void {
  print(`\n── ${text} ${"─".repeat(Math.max(0, columns - text.length - 4))}`);
}

/** The caller's environment without settings of the program, which are the demo's own here. */
const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("LINKUSER_")));

/** Runs the program as a user would and shows its output; log lines only after a failure. */
async function run(args: readonly string[], environment: Readonly<Record<string, string>>): Promise<number> {
  print(`${paragraph(`$ linkuser-agent ${args.join(" ")}`)}\n`);
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", main, ...args], {
    env: { ...inherited, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let log = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    log += text;
  });
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
  const shown = exitCode === 0 ? output : `${output}\n${log}`;
  print(paragraph(shown.trimEnd(), "  "));
  print(`\n  exit code ${exitCode}`);
  return exitCode;
}

/** The calls to the fake Gears after the first so many. */
function showCalls(gears: Gears, before: number): void {
  const calls = gears.calls.slice(before);
  print(calls.length === 0 ? "\nThe simulated Gears received no request." : "\nThe simulated Gears received:");
  for (const call of calls) print(paragraph(describe(call), "  "));
}

function describe({ endpoint, method, path, opt, user, group, status }: Call): string {
  if (endpoint !== "link_user") return `${status}  ${method} ${path}`;
  const body = JSON.stringify(group === undefined ? { username: user } : { username: user, group });
  return `${status}  ${method} ${path}?opt=${opt} ${body}`;
}

const explain = (text: string): void => print(`\n${paragraph(text)}`);

/** The exit code where no identifier can be read. */
const deviceUnknown = 68;

/** A network adapter of this machine, of any kind. */
function anyAdapter(): string | undefined {
  const usable = ({ mac, internal }: { mac: string; internal: boolean }) => !internal && mac !== "00:00:00:00:00:00";
  return Object.entries(networkInterfaces()).find(([, addresses]) => addresses?.some(usable))?.[0];
}

async function demo(gears: Gears, directory: string): Promise<boolean> {
  const environment = {
    LINKUSER_BASE_URL: gears.baseUrl,
    LINKUSER_CLIENT_ID: gears.clientId,
    LINKUSER_CLIENT_SECRET: gears.clientSecret,
    LINKUSER_STATE_DIR: join(directory, "state"),
    LINKUSER_DEADLINE: "30s",
    LINKUSER_LOG_FILE: join(directory, "linkuser-agent.log"),
  };
  const step = async (title: string, args: readonly string[]): Promise<number> => {
    heading(title);
    print();
    const before = gears.calls.length;
    const exitCode = await run(args, environment);
    showCalls(gears, before);
    return exitCode;
  };

  print(
    paragraph(
      `A simulated OPSWAT Gears listens at ${gears.baseUrl}. linkuser-agent uses this machine's real hardware and ` +
        "user. State and log go to a temporary directory.",
    ),
  );
  const flags: string[] = [];
  if (uid === 0) {
    explain(
      `You are ${username}. Service accounts are not linked by default, so the demo names this one (--user) and ` +
        "clears the exclusions (--exclude-users=).",
    );
    flags.push("--user", username, "--exclude-users=");
  }

  const rehearsal = await step("1. Show what would be sent; send nothing", ["--dry-run", ...flags]);
  const adapter = anyAdapter();
  if (rehearsal === deviceUnknown && adapter !== undefined) {
    explain(
      "No identifier of this machine can be used, as is usual in a container. So the demo names the network " +
        "adapter (--interface).",
    );
    flags.push("--interface", adapter);
  }
  const linked = await step("2. Link this device to its user", ["--no-splay", ...flags]);
  const again = await step("3. Run it again: nothing has changed, so it sends nothing", ["--no-splay", ...flags]);
  const seen = await step("4. What support staff see", ["status"]);

  heading("Result");
  print();
  const [link] = gears.links;
  if (link !== undefined)
    print(paragraph(`The simulated Gears now knows: device ${link[0]} belongs to ${link[1].user}.`));
  else print("The device was not linked.");
  return link !== undefined && [linked, again, seen].every((exitCode) => exitCode === 0);
}

const directory = mkdtempSync(join(tmpdir(), "linkuser-agent-demo-"));
process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
// Ended early, by a key or by a reader that has seen enough (`npm start | head`).
process.once("SIGINT", () => process.exit(130));
process.stdout.once("error", () => process.exit());
await using gears = await startGears();
process.exitCode = (await demo(gears, directory)) ? 0 : 1;

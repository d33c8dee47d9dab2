import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { emulatorFor, wineTree } from "../../installer/executable/emulator.ts";
import { fetchRuntime } from "../../installer/executable/runtime.ts";
import { targets } from "../../installer/executable/targets.ts";
import { installAgent } from "../system/windows/windows-agent.ts";
import { sharedFolder, startWineMachine } from "../system/windows/wine-machine.ts";
import { median, processorTimeOfEnded } from "./measure.ts";

/** What an agent's run needs on this machine. */
interface AgentRun {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Compares the other executables in `dist/` with bare Node on their processor or system, where an emulator is at hand.
 * @returns a line for each
 */
export async function compareElsewhere(alreadyLinked: AgentRun): Promise<readonly string[]> {
  return [await compareArm64(alreadyLinked), await compareWindows()];
}

async function compareArm64({ args, environment }: AgentRun): Promise<string> {
  const target = targets.find(({ name }) => name === "linux-arm64");
  const executable = resolve("dist", target?.executable ?? "");
  if (target === undefined || !existsSync(executable)) return "arm64: not built";
  const node = fetchRuntime(target);
  const emulator = emulatorFor(target, node);
  if (emulator === undefined)
    return "arm64: QEMU or its libraries are missing (installer/executable/arm64-libraries.sh)";
  const run = async (command: readonly string[]): Promise<void> => {
    const [file = "", ...rest] = [...emulator, ...command];
    const child = spawn(file, rest, { env: { PATH: process.env["PATH"], ...environment }, stdio: "ignore" });
    const [exitCode] = await once(child, "close");
    if (exitCode !== 0) throw new Error(`${command.join(" ")} ended with ${exitCode}`);
  };
  const bare = () => run([node, "--eval", "0"]);
  const agent = () => run([executable, ...args]);
  return `arm64 under QEMU, already linked / bare Node: ${await ratio(agent, bare)}`;
}

/** With the tree that the Windows tests made: needs root. */
async function compareWindows(): Promise<string> {
  if (!existsSync(resolve("dist", "linkuser-agent-win-x64.exe"))) return "Windows: not built";
  if (!existsSync(wineTree) || process.getuid?.() !== 0) return "Windows: needs root and Wine's tree";
  await using machine = await startWineMachine();
  const executable = installAgent(machine);
  const run = async (program: string, args: readonly string[]): Promise<void> => {
    const { exitCode, stderr } = await machine.run(program, args);
    if (exitCode !== 0) throw new Error(`${program} ended with ${exitCode}: ${stderr}`);
  };
  // A Node of the same version, which the machine has under this name.
  const bare = () => run(`${sharedFolder}\\explorer.exe`, ["-e", "0"]);
  const agent = () => run(executable, ["--version"]);
  return `Windows under Wine, --version / bare Node: ${await ratio(agent, bare)}`;
}

async function ratio(agent: () => Promise<void>, bare: () => Promise<void>): Promise<string> {
  const rounds = 8;
  const measured = [agent, bare].map((run) => ({ run, milliseconds: [] as number[], processor: 0 }));
  for (const { run } of measured) await run();
  for (let round = 0; round < rounds; round += 1) {
    for (const one of round % 2 === 0 ? measured : measured.toReversed()) {
      const [start, before] = [performance.now(), processorTimeOfEnded()];
      await one.run();
      one.milliseconds.push(performance.now() - start);
      one.processor += processorTimeOfEnded() - before;
    }
  }
  const [ofAgent = Number.NaN, ofBare = Number.NaN] = measured.map(({ milliseconds }) => median(milliseconds));
  const [agentProcessor = Number.NaN, bareProcessor = Number.NaN] = measured.map(({ processor }) => processor);
  const by = (agent: number, bare: number): string => (agent / bare).toFixed(2);
  return `${by(ofAgent, ofBare)}; by processor time ${by(agentProcessor, bareProcessor)} (${rounds} rounds)`;
}

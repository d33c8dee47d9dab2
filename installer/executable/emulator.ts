import { join } from "node:path";
import { runCommand } from "./command.ts";
import { cacheFolder } from "./runtime.ts";
import type { Target } from "./targets.ts";

/**
 * The words before a target's Node that make it run on this machine, Linux x64: none for its own, QEMU's user emulation
 * with the libraries of `arm64-libraries.sh` for arm64.
 * @param runtime the target's Node
 * @returns undefined if it can't run here
 */
export function emulatorFor({ name }: Target, runtime: string): readonly string[] | undefined {
  if (name === "linux-x64") return [];
  if (name !== "linux-arm64") return undefined;
  const [emulator, ...options] = ["qemu-aarch64-static", "-L", join(cacheFolder, "arm64")] as const;
  try {
    runCommand(emulator, [...options, runtime, "--version"]);
    return [emulator, ...options];
  } catch {
    return undefined;
  }
}

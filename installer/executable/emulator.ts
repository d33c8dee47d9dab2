import { basename, dirname, join } from "node:path";
import { runCommand } from "./command.ts";
import { cacheFolder } from "./runtime.ts";
import type { Target } from "./targets.ts";

/** A Debian with Wine, made by `test/system/windows/wine-tree.ts`; the number rises with every change of its content. */
export const wineTree = join(cacheFolder, "wine-2");

const runInWine = join(import.meta.dirname, "pe/run-in-wine.sh");

/**
 * The words before a target's Node, named from its folder, that make it run on this machine, Linux x64: none for its
 * own, QEMU's user emulation with the libraries of `arm64-libraries.sh` for arm64, Wine for Windows (needs root).
 * @param runtime the target's Node
 * @returns undefined if it can't run here
 */
export function emulatorFor({ name }: Target, runtime: string): readonly string[] | undefined {
  if (name === "linux-x64") return [];
  const emulators: Partial<Record<Target["name"], readonly string[]>> = {
    "linux-arm64": ["qemu-aarch64-static", "-L", join(cacheFolder, "arm64")],
    "win-x64": ["sh", runInWine, wineTree, dirname(runtime), "wine"],
  };
  const emulator = emulators[name];
  if (emulator === undefined) return undefined;
  try {
    runCommand("env", [`--chdir=${dirname(runtime)}`, ...emulator, `./${basename(runtime)}`, "--version"]);
    return emulator;
  } catch {
    return undefined;
  }
}

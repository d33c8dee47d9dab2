import { copyFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fetchRuntime } from "../../../installer/executable/runtime.ts";
import { targets } from "../../../installer/executable/targets.ts";
import { sharedFolder, type WineMachine } from "./wine-machine.ts";

const target = targets.find(({ name }) => name === "win-x64");

/** Puts the executable that `npm run build` made into the machine. @returns its path as Windows sees it */
export function installAgent({ folder }: WineMachine): string {
  if (target === undefined) throw new Error("there is no target win-x64");
  copyFileSync(resolve(import.meta.dirname, "../../../dist", target.executable), join(folder, target.executable));
  return `${sharedFolder}\\${target.executable}`;
}

/** Puts the Windows Node, from which the executable is made, into the machine. */
export function installNode({ folder }: WineMachine): string {
  if (target === undefined) throw new Error("there is no target win-x64");
  copyFileSync(fetchRuntime(target), join(folder, "node.exe"));
  return `${sharedFolder}\\node.exe`;
}

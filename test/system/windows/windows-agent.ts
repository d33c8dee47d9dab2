import { copyFileSync, cpSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fetchRuntime } from "../../../installer/executable/runtime.ts";
import {
  type EndedInWine,
  sharedFolder,
  type WineMachine,
  type WineRunOptions,
  windowsTarget,
} from "./wine-machine.ts";

/** Puts the executable that `npm run build` made into the machine. @returns its path as Windows sees it */
export function installAgent({ folder }: WineMachine): string {
  const { executable } = windowsTarget();
  copyFileSync(resolve(import.meta.dirname, "../../../dist", executable), join(folder, executable));
  return `${sharedFolder}\\${executable}`;
}

/** Calls one part of the platform by `in-windows/native.ts`. @returns what it printed */
export type CallNative = (
  parameters: readonly string[],
  options?: WineRunOptions,
) => Promise<EndedInWine & { readonly printed: unknown }>;

/** Puts the Windows Node, from which the executable is made, and the sources into the machine. */
export function installNative({ folder, run }: WineMachine): CallNative {
  const root = resolve(import.meta.dirname, "../../..");
  const script = "test/system/windows/in-windows/native.ts";
  copyFileSync(fetchRuntime(windowsTarget()), join(folder, "node.exe"));
  cpSync(join(root, "agent"), join(folder, "agent"), { recursive: true });
  cpSync(join(root, script), join(folder, script));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  return async (parameters, options) => {
    const program = [`${sharedFolder}\\${script.replaceAll("/", "\\")}`, ...parameters];
    const ended = await run(
      `${sharedFolder}\\node.exe`,
      ["--disable-warning=ExperimentalWarning", ...program],
      options,
    );
    if (ended.exitCode !== 0) throw new Error(`native.ts ${parameters.join(" ")} ended with ${JSON.stringify(ended)}`);
    return { ...ended, printed: ended.stdout === "" ? undefined : JSON.parse(ended.stdout) };
  };
}

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { runTool } from "./command.ts";
import type { Target } from "./targets.ts";

/** Where downloaded runtimes are kept between builds; outside the checkout, safe to delete at any time. */
const cacheFolder = process.env["LINKUSER_CACHE"] || join(homedir(), ".cache", "linkuser-agent");

interface Pinned {
  readonly version: string;
  /** Subresource integrity: `sha512-` and base64. */
  readonly integrity: string;
}

function pinned(packageName: string): Pinned {
  const lock = JSON.parse(readFileSync(new URL("../../package-lock.json", import.meta.url), "utf8"));
  const { version, integrity } = lock.packages[`node_modules/${packageName}`] ?? {};
  if (typeof version !== "string" || typeof integrity !== "string" || !integrity.startsWith("sha512-")) {
    throw new Error(`package-lock.json pins no sha512 for ${packageName}`);
  }
  return { version, integrity };
}

/**
 * The target's own Node, as its npm package holds it: taken from the cache, else fetched by `npm pack` (npm installs
 * no package of another platform). Nothing is used whose sha512 isn't the one that package-lock.json pins.
 * @returns path of the unpacked, unchanged Node
 */
export function fetchRuntime(target: Target): string {
  const { version, integrity } = pinned(target.runtimePackage);
  mkdirSync(cacheFolder, { recursive: true });
  const archive = join(cacheFolder, `${target.runtimePackage}-${version}.tgz`);
  if (!existsSync(archive)) {
    runTool("npm", ["pack", `${target.runtimePackage}@${version}`, "--pack-destination", cacheFolder, "--silent"]);
  }
  const digest = createHash("sha512").update(readFileSync(archive)).digest("base64");
  if (`sha512-${digest}` !== integrity) {
    rmSync(archive);
    throw new Error(`${archive} is not what package-lock.json pins, and was deleted. Build again to fetch it anew.`);
  }

  const folder = join(cacheFolder, `${target.runtimePackage}-${version}-${digest.slice(0, 8).replaceAll("/", "_")}`);
  const runtime = join(folder, "package", target.runtimeFile);
  if (!existsSync(runtime)) {
    const unfinished = `${folder}.${process.pid}`;
    mkdirSync(unfinished);
    runTool("tar", ["-xzf", archive, "-C", unfinished, `package/${target.runtimeFile}`]);
    rmSync(folder, { recursive: true, force: true });
    renameSync(unfinished, folder);
  }
  return runtime;
}

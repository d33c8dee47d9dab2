import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { nodePackages, sha512Of } from "../pinned-packages.ts";
import { runTool } from "./command.ts";
import type { Target } from "./targets.ts";

/** Where downloaded runtimes are kept between builds; outside the checkout, safe to delete at any time. */
const cacheFolder = process.env["LINKUSER_CACHE"] || join(homedir(), ".cache", "linkuser-agent");

/**
 * The target's own Node, as its npm package holds it: taken from the cache, else fetched by `npm pack` (npm installs
 * no package of another platform). Nothing is used whose sha512 isn't the one that package-lock.json pins.
 * @returns path of the unpacked, unchanged Node
 */
export function fetchRuntime(target: Target): string {
  const pinned = nodePackages().find(({ name }) => name === target.runtimePackage);
  if (pinned === undefined) throw new Error(`package-lock.json pins no ${target.runtimePackage}`);
  const { version } = pinned;
  mkdirSync(cacheFolder, { recursive: true });
  const archive = join(cacheFolder, `${target.runtimePackage}-${version}.tgz`);
  if (!existsSync(archive)) {
    runTool("npm", ["pack", `${target.runtimePackage}@${version}`, "--pack-destination", cacheFolder, "--silent"]);
  }
  const digest = createHash("sha512").update(readFileSync(archive)).digest();
  if (!digest.equals(sha512Of(pinned))) {
    rmSync(archive);
    throw new Error(`${archive} is not what package-lock.json pins, and was deleted. Build again to fetch it anew.`);
  }

  const folder = join(cacheFolder, `${target.runtimePackage}-${version}-${digest.toString("base64url", 0, 6)}`);
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

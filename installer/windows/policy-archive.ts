import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { runTool } from "../executable/command.ts";
import { product } from "../package.ts";
import { policyTemplates } from "./policy-templates.ts";

/**
 * Packs the policy templates as they lie in a `PolicyDefinitions` folder.
 * @param sourceDate seconds since the epoch, the time of every file inside
 * @param scratch an empty folder
 * @returns the archive's path
 */
export function makePolicyArchive(version: string, sourceDate: number, scratch: string, dist: string): string {
  const archive = join(dist, `${product.name}-${version}-policy-templates.zip`);
  const templates = policyTemplates(version);
  for (const [path, text] of Object.entries(templates)) {
    const file = join(scratch, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { mode: 0o644 });
    utimesSync(file, sourceDate, sourceDate);
  }
  const packed = join(scratch, "templates.zip");
  // A zip file's times are local ones.
  const names = Object.keys(templates);
  const zip = ["zip", "--quiet", "--no-extra", "--no-dir-entries", packed, ...names];
  runTool("env", [`--chdir=${scratch}`, "TZ=UTC", ...zip], "Install the package zip");
  runTool("mv", [packed, archive]);
  return archive;
}

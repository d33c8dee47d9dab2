import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { billOfMaterials } from "./bill-of-materials.ts";
import { runCommand } from "./executable/command.ts";
import type { Target } from "./executable/targets.ts";
import { gatewayFiles, gatewayPackage } from "./gateway/gateway-package.ts";
import { agentPackage, type LinuxTargetName, packagedFiles } from "./linux/agent-package.ts";
import { makeDeb } from "./linux/deb.ts";
import type { LinuxPackage, PackagedFile } from "./linux/linux-package.ts";
import { makeRpm } from "./linux/rpm.ts";
import { macosFiles } from "./macos/files.ts";
import { product } from "./product.ts";
import { thirdPartyNotices } from "./third-party.ts";
import { makeMsi } from "./windows/msi.ts";
import { policyTemplates } from "./windows/policy-templates.ts";
import { sign, signingFrom } from "./windows/signing.ts";
import { type ZippedFile, zip } from "./zip.ts";

/**
 * Makes the packages of executables in `dist`, the notices of third parties, the bill of materials and the checksums of
 * all that, executables included; what else lies in `dist` is another build's.
 * @returns what was made, but for the last
 */
export function makePackages(built: readonly Target[], dist: string): readonly string[] {
  const made = built.flatMap(({ name, executable }) => {
    if (name === "win-x64") {
      const templates = makeZip("policy-templates", asFiles(policyTemplates(product.version)), dist);
      return [makeWindowsPackage(join(dist, executable), dist), templates];
    }
    // The package itself is made on a Mac; what it is made with serves both processors.
    if (name === "darwin-arm64" || name === "darwin-x64") return [makeZip("macos", macosFiles(), dist)];
    return linuxFormats.map((format) => makeLinuxPackage(format, name, join(dist, executable), dist));
  });
  const packages = [...new Set(made)];
  if (built.some(({ platform }) => platform === "linux")) {
    for (const format of linuxFormats) packages.push(makeGatewayPackage(format, dist));
  }
  const documents = [
    { path: join(dist, "THIRD-PARTY-NOTICES.txt"), text: thirdPartyNotices() },
    {
      path: join(dist, `${product.name}-${product.version}.cdx.json`),
      text: billOfMaterials(product.version, sourceDate()),
    },
  ];
  for (const { path, text } of documents) writeFileSync(path, text);
  packages.push(...documents.map(({ path }) => path));
  const executables = built.map(({ executable }) => join(dist, executable));
  writeFileSync(join(dist, "SHA256SUMS"), checksums([...executables, ...packages]));
  return packages;
}

const linuxFormats = ["deb", "rpm"] as const;
type LinuxFormat = (typeof linuxFormats)[number];

/**
 * @param executable the built one
 * @param dist where the package goes
 * @returns the package's path
 */
export function makeLinuxPackage(
  format: LinuxFormat,
  target: LinuxTargetName,
  executable: string,
  dist: string,
  version: string = product.version,
): string {
  return makeFor(format, agentPackage(target), packagedFiles(executable, version, sourceDate()), dist, version);
}

/**
 * @param dist where the package goes
 * @returns the package's path
 */
export function makeGatewayPackage(format: LinuxFormat, dist: string, version: string = product.version): string {
  return makeFor(format, gatewayPackage, gatewayFiles(), dist, version);
}

function makeFor(
  format: LinuxFormat,
  made: LinuxPackage,
  files: readonly PackagedFile[],
  dist: string,
  version: string,
): string {
  const make = format === "deb" ? makeDeb : makeRpm;
  return inScratch((scratch) => make(made, { version, files, sourceDate: sourceDate(), scratch, dist }));
}

/**
 * @param executable the built one, whose version resource says the same version
 * @param dist where the package goes
 * @returns the package's path; signed where the environment says with what
 */
export function makeWindowsPackage(executable: string, dist: string, version: string = product.version): string {
  const msi = inScratch((scratch) => makeMsi({ version, executable, sourceDate: sourceDate(), scratch, dist }));
  const signing = signingFrom(process.env);
  if (signing !== undefined) sign(msi, signing);
  return msi;
}

const asFiles = (texts: Readonly<Record<string, string>>): readonly ZippedFile[] =>
  Object.entries(texts).map(([name, text]) => ({ name, mode: 0o644, text }));

/** @returns the archive's path */
function makeZip(content: string, files: readonly ZippedFile[], dist: string): string {
  const path = join(dist, `${product.name}-${product.version}-${content}.zip`);
  writeFileSync(path, zip(files, sourceDate()));
  return path;
}

function inScratch<T>(make: (scratch: string) => T): T {
  const scratch = mkdtempSync(join(tmpdir(), "linkuser-agent-package-"));
  try {
    return make(scratch);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/**
 * SOURCE_DATE_EPOCH (https://reproducible-builds.org/specs/source-date-epoch/), else the time of the last commit.
 * @throws Error where that is no number of seconds
 */
function sourceDate(): number {
  const given =
    process.env["SOURCE_DATE_EPOCH"] || runCommand("git", ["-C", import.meta.dirname, "log", "-1", "--format=%ct"]);
  if (!/^\d{1,10}\s*$/.test(given)) throw new Error(`SOURCE_DATE_EPOCH must be seconds since 1970, not ${given}`);
  return Number(given);
}

/** In the form that `sha256sum --check` reads. */
function checksums(files: readonly string[]): string {
  const digest = (file: string): string => createHash("sha256").update(readFileSync(file)).digest("hex");
  return files
    .toSorted()
    .map((file) => `${digest(file)}  ${basename(file)}\n`)
    .join("");
}

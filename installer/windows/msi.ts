import { createHash } from "node:crypto";
import { copyFileSync, readFileSync, renameSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../executable/command.ts";
import { product } from "../product.ts";
import { uuidOf } from "../uuid.ts";
import { endRunCommand, ids, msiSource, publicProperties, upgradeCode } from "./msi-source.ts";
import { setSummary } from "./msi-summary.ts";

interface MsiRequest {
  readonly version: string;
  /** The finished executable, with its version resource. */
  readonly executable: string;
  /** Seconds since the epoch; nothing inside is newer. */
  readonly sourceDate: number;
  readonly scratch: string;
  readonly dist: string;
}

/** @returns the package's path */
export function makeMsi({ version, executable, sourceDate, scratch, dist }: MsiRequest): string {
  const parts = { version, executable: "linkuser-agent.exe", icon: "linkuser-agent.ico" };
  copyFileSync(executable, join(scratch, parts.executable));
  copyFileSync(new URL("linkuser-agent.ico", import.meta.url), join(scratch, parts.icon));
  // The cabinet keeps the files' times.
  for (const file of [parts.executable, parts.icon]) utimesSync(join(scratch, file), sourceDate, sourceDate);

  const digest = createHash("sha256")
    .update(readFileSync(executable))
    .update(msiSource({ ...parts, productCode: "*" }))
    .update(corrections(version).join())
    .update(String(sourceDate))
    .digest();
  writeFileSync(join(scratch, "agent.wxs"), msiSource({ ...parts, productCode: guidOf("product", digest) }));

  const unfinished = join(scratch, "agent.msi");
  // It finds files by relative names alone.
  const wixl = ["wixl", "--arch", "x64", "--output", "agent.msi", "agent.wxs"];
  runCommand("env", [`--chdir=${scratch}`, ...wixl], "wixl");
  const queries = corrections(version).flatMap((query) => ["-q", query]);
  runCommand("msibuild", [unfinished, ...queries], "msitools");
  setSummary(unfinished, { packageCode: guidOf("package", digest), sourceDate });
  const msi = join(dist, `${product.name}-${version}-x64.msi`);
  copyFileSync(unfinished, `${msi}.new`);
  renameSync(`${msi}.new`, msi);
  return msi;
}

/** Types of actions (https://learn.microsoft.com/windows/win32/msi/custom-action-types). */
const type = {
  installedExecutable: 18,
  property: 51,
  systemExecutable: 34,
  ignoreResult: 64,
  rollback: 256,
  deferred: 1024,
  noImpersonation: 2048,
} as const;

/** Parts that wixl silently writes wrong, or can't write. */
function corrections(version: string): readonly string[] {
  const asSystem = type.deferred | type.noImpersonation;
  const restore = type.installedExecutable | type.ignoreResult | type.rollback | asSystem;
  const endRun = type.systemExecutable | type.ignoreResult | asSystem;
  const includeBothEnds = 256 | 512;
  return [
    `INSERT INTO \`CustomAction\` (\`Action\`, \`Type\`, \`Source\`, \`Target\`) VALUES ('${ids.endRun}', ${endRun}, 'System64Folder', '${endRunCommand}')`,
    `INSERT INTO \`InstallExecuteSequence\` (\`Action\`, \`Condition\`, \`Sequence\`) VALUES ('${ids.endRun}', 'Installed AND (REMOVE OR AdminUser)', 1802)`,
    `UPDATE \`CustomAction\` SET \`Type\`=${type.property} WHERE \`Type\`=${type.property | type.noImpersonation}`,
    `UPDATE \`CustomAction\` SET \`Type\`=${restore} WHERE \`Action\`='${ids.restoreTrigger}'`,
    `UPDATE \`Property\` SET \`Value\`='${publicProperties.join(";")}' WHERE \`Property\`='SecureCustomProperties'`,
    // Another build of the same version is replaced, too, which wixl can't express.
    `INSERT INTO \`Upgrade\` (\`UpgradeCode\`, \`VersionMin\`, \`VersionMax\`, \`Attributes\`, \`ActionProperty\`) VALUES ('{${upgradeCode}}', '0.0.0', '${version}', ${includeBothEnds}, '${ids.older}')`,
    `UPDATE \`File\` SET \`Version\`='${version}.0', \`Language\`='1033' WHERE \`File\`='${ids.executable}'`,
  ];
}

/** As Windows Installer writes it. */
const guidOf = (purpose: string, digest: Buffer): string => uuidOf(purpose, digest).toUpperCase();

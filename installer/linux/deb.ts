import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { oldestSystemd } from "../../agent/platform/linux/service/units.ts";
import { runTool } from "../executable/command.ts";
import { product } from "../package.ts";
import { type LinuxTargetName, layOut, type PackagedFile, type PackageParts } from "./files.ts";
import { afterInstall, afterRemove, beforeRemove, purge } from "./scripts.ts";

const architectures = { "linux-x64": "amd64", "linux-arm64": "arm64" } as const;

/** Names in Debian and its derivatives, and oldest versions, of what the executable loads and what its units need. */
const depends = [
  "libc6 (>= 2.28)",
  "libstdc++6 (>= 8)",
  "libgcc-s1",
  "libatomic1",
  "libsystemd0",
  `systemd (>= ${oldestSystemd})`,
  "libpam-systemd",
];

/** @returns the package's path */
export function makeDeb(target: LinuxTargetName, { version, files, sourceDate, scratch, dist }: PackageParts): string {
  const architecture = architectures[target];
  const packaged = [...files, ...documents(version, sourceDate)];
  layOut(packaged, scratch);
  const control = controlFiles(architecture, version, packaged, scratch);
  layOut(
    control.map((file) => ({ ...file, path: `DEBIAN/${file.path}` })),
    scratch,
  );
  const deb = join(dist, `${product.name}_${version}_${architecture}.deb`);
  // Not zstd, which lintian of Debian 12 refuses; xz takes three times as long for a quarter less.
  const args = ["--root-owner-group", "-Zgzip", "-z6", "--build", scratch, deb];
  runTool("dpkg-deb", args, "dpkg", { SOURCE_DATE_EPOCH: String(sourceDate) });
  return deb;
}

function controlFiles(
  architecture: string,
  version: string,
  packaged: readonly PackagedFile[],
  laidOut: string,
): PackagedFile[] {
  const installed = packaged.filter(({ content }) => !("linkTo" in content));
  const bytesOf = ({ path }: PackagedFile): Buffer => readFileSync(join(laidOut, path));
  const kibibytes = installed
    .map((file) => Math.ceil(bytesOf(file).length / 1024))
    .reduce((sum, size) => sum + size, 0);
  const sums = installed
    .filter(({ config }) => config !== true)
    .map((file) => `${createHash("md5").update(bytesOf(file)).digest("hex")}  ${file.path}\n`);
  const configs = installed.filter(({ config }) => config === true).map(({ path }) => `/${path}\n`);
  return [
    { path: "control", mode: 0o644, content: { text: controlText(architecture, version, kibibytes) } },
    { path: "conffiles", mode: 0o644, content: { text: configs.join("") } },
    { path: "md5sums", mode: 0o644, content: { text: sums.join("") } },
    { path: "postinst", mode: 0o755, content: { text: script("configure", afterInstall) } },
    { path: "prerm", mode: 0o755, content: { text: script("remove", beforeRemove) } },
    { path: "postrm", mode: 0o755, content: { text: `${script("remove", afterRemove)}${caseOf("purge", purge)}` } },
  ];
}

/** deb-control(5) */
function controlText(architecture: string, version: string, kibibytes: number): string {
  return [
    `Package: ${product.name}`,
    `Version: ${version}`,
    `Architecture: ${architecture}`,
    `Maintainer: ${product.maintainer}`,
    `Installed-Size: ${kibibytes}`,
    `Depends: ${depends.join(", ")}`,
    "Section: admin",
    "Priority: optional",
    `Description: ${product.summary}`,
    ...product.description.map((line) => ` ${line}`),
    "",
  ].join("\n");
}

const caseOf = (action: string, commands: string): string => `if [ "$1" = ${action} ]; then\n${commands}\nfi\n`;
const script = (action: string, commands: string): string => `#!/bin/sh\nset -e\n${caseOf(action, commands)}`;

/** What Debian's policy (12.5, 12.7) and lintian expect of every package. */
function documents(version: string, sourceDate: number): readonly PackagedFile[] {
  const { name, maintainer } = product;
  const date = new Date(sourceDate * 1000).toUTCString().replace("GMT", "+0000");
  const changelog = `${name} (${version}) stable; urgency=medium\n\n  * See the project's CHANGELOG.md.\n\n -- ${maintainer}  ${date}\n`;
  return [
    document("changelog.gz", gzipSync(changelog, { level: 9 })),
    document("copyright", copyright),
    { path: `usr/share/lintian/overrides/${name}`, mode: 0o644, content: { text: overrides } },
  ];
}

const document = (name: string, text: string | Buffer): PackagedFile => ({
  path: `usr/share/doc/${product.name}/${name}`,
  mode: 0o644,
  content: { text },
});

const copyright = `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: linkuser-agent

Files: *
Copyright: 2026 the authors of linkuser-agent
License: proprietary
 All rights reserved.
`;

/** What lintian finds and is as it should be. */
const overrides = `# Node.js, which the executable is made of, brings its own libraries and is no position-independent executable.
linkuser-agent: embedded-library * [usr/bin/linkuser-agent]
linkuser-agent: hardening-no-pie [usr/bin/linkuser-agent]
# No debhelper at work: the scripts call systemctl only where systemd runs, and enable nothing.
linkuser-agent: maintainer-script-calls-systemctl [*]
# Whoever gives the package out puts an address in.
linkuser-agent: bogus-mail-host *
linkuser-agent: bogus-mail-host-in-debian-changelog *
`;

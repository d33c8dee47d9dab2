import { writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { installedCredential } from "../../agent/platform/linux/paths.ts";
import { oldestSystemd, scopeDropIns } from "../../agent/platform/linux/service/units.ts";
import { runTool } from "../executable/command.ts";
import { product } from "../package.ts";
import { type LinuxTargetName, layOut, type PackagedFile, type PackageParts } from "./files.ts";
import { afterInstall, afterRemove, beforeRemove } from "./scripts.ts";

const architectures = { "linux-x64": "x86_64", "linux-arm64": "aarch64" } as const;

/**
 * What rpm does not find by itself: libsystemd is opened at run time, and the units need systemd. By the library's
 * name, since the packages of Fedora's and of SUSE's family are called differently.
 */
const requires = ["libsystemd.so.0()(64bit)", `systemd >= ${oldestSystemd}`];

/** @returns the package's path */
export function makeRpm(target: LinuxTargetName, { version, files, sourceDate, scratch, dist }: PackageParts): string {
  const architecture = architectures[target];
  const tree = join(scratch, "tree");
  layOut(files, tree);
  const spec = join(scratch, `${product.name}.spec`);
  writeFileSync(spec, specText(version, files, tree));
  const macros = {
    _topdir: join(scratch, "build"),
    _rpmdir: dist,
    _rpmfilename: "%{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}.rpm",
    // The same bytes on every machine and at any time.
    _buildhost: "localhost",
    use_source_date_epoch_as_buildtime: "1",
    clamp_mtime_to_source_date_epoch: "1",
    // gzip and SHA-256 are what every rpm since 4.6 reads.
    _binary_payload: "w6.gzdio",
    _binary_filedigest_algorithm: "8",
    // Stripping takes the program out of its executable.
    __os_install_post: "%{nil}",
    debug_package: "%{nil}",
    _build_id_links: "none",
  };
  const defines = Object.entries(macros).flatMap(([name, value]) => ["--define", `${name} ${value}`]);
  const args = ["-bb", "--quiet", `--target=${architecture}-linux`, ...defines, spec];
  // A ~/.rpmmacros is somebody's own.
  const environment = { SOURCE_DATE_EPOCH: String(sourceDate), HOME: scratch, LC_ALL: "C" };
  runTool("rpmbuild", args, "rpm", environment);
  return join(dist, `${product.name}-${version}-1.${architecture}.rpm`);
}

/** https://rpm-software-management.github.io/rpm/manual/spec.html */
function specText(version: string, files: readonly PackagedFile[], tree: string): string {
  return [
    `Name: ${product.name}`,
    `Version: ${version}`,
    "Release: 1",
    `Summary: ${product.summary}`,
    "License: Proprietary",
    `Packager: ${product.maintainer}`,
    "AutoProv: no",
    ...requires.map((one) => `Requires: ${one}`),
    "",
    "%description",
    ...product.description,
    "",
    "%install",
    `cp -a ${tree}/. %{buildroot}/`,
    "",
    "%post",
    afterInstall,
    "",
    "%preun",
    atErasure(beforeRemove),
    "",
    "%postun",
    atErasure(afterRemove),
    "",
    "%files",
    ...ownedFolders(files).map((folder) => `%dir %attr(0755,root,root) /${folder}`),
    ...files.map(fileLine),
    // Its mode and owner are checked by `rpm --verify`, and it goes with the package.
    `%ghost %attr(0600,root,root) ${installedCredential("/")}`,
    "",
  ].join("\n");
}

/** An upgrade runs the old package's scripts, too, with 1 as the argument. */
const atErasure = (commands: string): string => `if [ "$1" = 0 ]; then\n${commands}\nfi`;

/** Folders that no package of the system has. */
function ownedFolders(files: readonly PackagedFile[]): readonly string[] {
  const folders = files.map(({ path }) => dirname(path));
  return [...new Set(folders)].filter((folder) => [product.name, scopeDropIns].includes(basename(folder))).sort();
}

function fileLine({ path, mode, content, config }: PackagedFile): string {
  if ("linkTo" in content) return `/${path}`;
  const attributes = `%attr(${mode.toString(8).padStart(4, "0")},root,root)`;
  return `${config === true ? "%config(noreplace) " : ""}${attributes} /${path}`;
}

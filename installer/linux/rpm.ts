import { writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { scopeDropIns } from "../../agent/platform/linux/service/units.ts";
import { runCommand } from "../executable/command.ts";
import { product } from "../product.ts";
import { type LinuxPackage, layOut, type PackagedFile, type PackageParts } from "./linux-package.ts";

/** @returns the package's path */
export function makeRpm(made: LinuxPackage, { version, files, sourceDate, scratch, dist }: PackageParts): string {
  const architecture = made.architecture.rpm;
  const tree = join(scratch, "tree");
  layOut(files, tree);
  const spec = join(scratch, `${made.name}.spec`);
  writeFileSync(spec, specText(made, version, files, tree));
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
  runCommand("rpmbuild", args, "rpm", environment);
  return join(dist, `${made.name}-${version}-1.${architecture}.rpm`);
}

/** https://rpm-software-management.github.io/rpm/manual/spec.html */
function specText(made: LinuxPackage, version: string, files: readonly PackagedFile[], tree: string): string {
  const { beforeInstall, afterInstall, beforeRemove, afterRemove } = made.scripts;
  return [
    `Name: ${made.name}`,
    `Version: ${version}`,
    "Release: 1",
    `Summary: ${made.summary}`,
    "License: Proprietary",
    `Packager: ${product.maintainer}`,
    "AutoProv: no",
    ...made.requires.map((one) => `Requires: ${one}`),
    ...(made.preRequires === undefined ? [] : [`Requires(pre): ${made.preRequires}`]),
    "",
    "%description",
    ...made.description,
    "",
    "%install",
    `cp -a ${tree}/. %{buildroot}/`,
    "",
    ...(beforeInstall === undefined ? [] : ["%pre", beforeInstall, ""]),
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
    ...ownedFolders(made.name, files).map((folder) => `%dir %attr(0755,root,root) /${folder}`),
    ...files.map(fileLine),
    // Its mode and owner are checked by `rpm --verify`, and it goes with the package.
    `%ghost %attr(0600,root,root) ${made.credential}`,
    "",
  ].join("\n");
}

/** An upgrade runs the old package's scripts, too, with 1 as the argument. */
const atErasure = (commands: string): string => `if [ "$1" = 0 ]; then\n${commands}\nfi`;

/** Folders that no package of the system has. */
function ownedFolders(name: string, files: readonly PackagedFile[]): readonly string[] {
  const folders = files.map(({ path }) => dirname(path));
  return [...new Set(folders)].filter((folder) => [name, scopeDropIns].includes(basename(folder))).sort();
}

function fileLine({ path, mode, content, config }: PackagedFile): string {
  if ("linkTo" in content) return `/${path}`;
  const attributes = `%attr(${mode.toString(8).padStart(4, "0")},root,root)`;
  return `${config === true ? "%config(noreplace) " : ""}${attributes} /${path}`;
}

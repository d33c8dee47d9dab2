import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** One file of a Linux package; its path has no leading slash. */
export interface PackagedFile {
  readonly path: string;
  readonly mode: number;
  readonly content: { readonly text: string | Buffer } | { readonly copyOf: string } | { readonly linkTo: string };
  /** The administrator's changes are kept. */
  readonly config?: boolean;
}

export interface LinuxPackage {
  readonly name: string;
  readonly summary: string;
  /** Lines of at most 79 columns. */
  readonly description: readonly string[];
  readonly architecture: { readonly deb: string; readonly rpm: string };
  /** Names in Debian and its derivatives, with oldest versions. */
  readonly depends: readonly string[];
  /** Dependencies that rpm does not find by itself. */
  readonly requires: readonly string[];
  /** Dependencies of a script that runs before the installation, by their names in deb and rpm. */
  readonly preDepends?: string;
  readonly preRequires?: string;
  /** Shell commands, under `set -e`. */
  readonly scripts: {
    /** May fail, and nothing is then put in place; needs the packages of `preDepends`. */
    readonly beforeInstall?: string;
    readonly afterInstall: string;
    readonly beforeRemove: string;
    readonly afterRemove: string;
    /** Of a deb alone. */
    readonly purge: string;
  };
  /** The credential's place; it is removed with the rpm. */
  readonly credential: string;
  /** Lintian's findings in this package that are intended. */
  readonly overrides: readonly string[];
}

/** The files and the place of a package, in either format. */
export interface PackageParts {
  readonly version: string;
  readonly files: readonly PackagedFile[];
  /** Seconds since the epoch; no file of the package is newer. */
  readonly sourceDate: number;
  readonly scratch: string;
  readonly dist: string;
}

/** Lays files out below a folder, as the machine will have them. */
export function layOut(files: readonly PackagedFile[], folder: string): void {
  const umask = process.umask(0o022);
  try {
    for (const { path, mode, content } of files) {
      const target = join(folder, path);
      mkdirSync(dirname(target), { recursive: true });
      if ("linkTo" in content) symlinkSync(content.linkTo, target);
      else if ("text" in content) writeFileSync(target, content.text, { mode });
      else copyFileSync(content.copyOf, target);
    }
  } finally {
    process.umask(umask);
  }
}

/**
 * Commands that the package manager runs under `set -e`; none of them may fail. In an image without systemd nothing is
 * to be done.
 */
export const whereSystemdRuns = (...commands: readonly string[]): string =>
  ["if [ -d /run/systemd/system ]; then", ...commands.map((command) => `    ${command} || true`), "fi"].join("\n");

import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { installedCredential, settingsPath } from "../../agent/platform/linux/paths.ts";
import { packageUnitFolder, timerLink, unitFiles } from "../../agent/platform/linux/service/units.ts";
import { product } from "../package.ts";
import { thirdPartyNotices } from "../third-party.ts";
import { manualPage } from "./manual.ts";

/** One file of a Linux package; its path has no leading slash. */
export interface PackagedFile {
  readonly path: string;
  readonly mode: number;
  readonly content: { readonly text: string | Buffer } | { readonly copyOf: string } | { readonly linkTo: string };
  /** The administrator's changes are kept. */
  readonly config?: boolean;
}

/** The executables that Linux packages are made of, as `executable/targets.ts` calls them. */
export type LinuxTargetName = "linux-x64" | "linux-arm64";

/** What a package is made of, in either format. */
export interface PackageParts {
  readonly version: string;
  readonly files: readonly PackagedFile[];
  /** Seconds since the epoch; no file of the package is newer. */
  readonly sourceDate: number;
  /** An empty folder. */
  readonly scratch: string;
  /** Where the package goes. */
  readonly dist: string;
}

const executablePath = "usr/bin/linkuser-agent";

/**
 * What both package formats install. The timer is on by its link, as a distribution's own timers are.
 * @param executable the built one
 * @param sourceDate seconds since the epoch
 */
export function packagedFiles(executable: string, version: string, sourceDate: number): readonly PackagedFile[] {
  const units = unitFiles(`/${executablePath}`, installedCredential("/"));
  return [
    { path: executablePath, mode: 0o755, content: { copyOf: executable } },
    ...units.map(({ path, text }) => ({ path: `${packageUnitFolder}/${path}`, mode: 0o644, content: { text } })),
    { path: `${packageUnitFolder}/${timerLink.path}`, mode: 0o777, content: { linkTo: timerLink.target } },
    { path: relative("/", settingsPath("/")), mode: 0o644, content: { text: "{}\n" }, config: true },
    {
      path: `usr/share/doc/${product.name}/THIRD-PARTY-NOTICES`,
      mode: 0o644,
      content: { text: thirdPartyNotices() },
    },
    {
      path: `usr/share/man/man1/${product.name}.1.gz`,
      mode: 0o644,
      content: { text: gzipSync(manualPage(version, sourceDate), { level: 9 }) },
    },
  ];
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

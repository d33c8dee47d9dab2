import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { installedCredential } from "../../agent/platform/linux/paths.ts";
import { packageUnitFolder, timerLink, unitFiles } from "../../agent/platform/linux/units.ts";

/** One file of a Linux package; its path has no leading slash. */
export interface PackagedFile {
  readonly path: string;
  readonly mode: number;
  readonly content: { readonly text: string | Buffer } | { readonly copyOf: string } | { readonly linkTo: string };
  /** The administrator's changes are kept. */
  readonly config?: boolean;
}

const executablePath = "usr/bin/linkuser-agent";

/**
 * What both package formats install. The timer is on by its link, as a distribution's own timers are.
 * @param executable the built one
 */
export function packagedFiles(executable: string): readonly PackagedFile[] {
  const units = unitFiles(`/${executablePath}`, installedCredential("/"));
  return [
    { path: executablePath, mode: 0o755, content: { copyOf: executable } },
    ...units.map(({ path, text }) => ({ path: `${packageUnitFolder}/${path}`, mode: 0o644, content: { text } })),
    { path: `${packageUnitFolder}/${timerLink.path}`, mode: 0o777, content: { linkTo: timerLink.target } },
    { path: "etc/linkuser-agent/config.json", mode: 0o644, content: { text: "{}\n" }, config: true },
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

import { realpathSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { AgentError, systemErrorCode } from "../../../errors.ts";
import { shellWord } from "../../../printable.ts";
import type { ResolvedSettings } from "../../../settings/layers.ts";
import { installedClientKey, installedCredential, settingsPath, systemPaths } from "../paths.ts";
import { hiddenFromServices } from "./units.ts";

/** Mode bits, inode(7). */
const readableByAll = 0o004;
const searchableByAll = 0o001;

/** Why the service can't use a file, completing "the service …", and the command that fixes it, if there is one. */
interface Fault {
  readonly why: string;
  readonly remedy?: string;
}

/** The settings that name files, each with what keeps the service from using it; undefined if nothing does. */
const faults = {
  caFile: unreadable,
  pacFile: unreadable,
  clientCertFile: unreadable,
  clientKeyFile: (root: string, path: string) => notHandedOn(path, installedClientKey(root)),
  credentialFile: (root: string, path: string) => notHandedOn(path, installedCredential(root)),
  stateDir: unwritable,
  logFile: unwritable,
} as const;

const naming = Object.keys(faults) as readonly (keyof typeof faults)[];

/**
 * Files in the settings that the unprivileged service (`units.ts`) can't use: root can, and would not notice. Missing
 * files are left to the run.
 * @returns an error `settings-hidden` that names all of them
 */
export function unusableForService(root: string, { settings, origins }: ResolvedSettings): AgentError | undefined {
  const found = naming.flatMap((name) => {
    const path = settings[name];
    const { kind, text } = origins[name];
    // Flags and environment are those of this run.
    if (path === undefined || (kind !== "policy" && kind !== "file")) return [];
    const fault = faults[name](root, path);
    return fault === undefined ? [] : [{ ...fault, why: `${text}: the agent's service ${fault.why}.` }];
  });
  if (found.length === 0) return undefined;
  const remedies = found.flatMap(({ remedy }) => remedy ?? []);
  const remedy = remedies.length === 0 ? undefined : remedies.join(" && ");
  return new AgentError("settings-hidden", found.map(({ why }) => why).join("\n"), { remedy });
}

function unreadable(root: string, path: string): Fault | undefined {
  const own = dirname(settingsPath(root));
  const instead = `move the file to ${own}`;
  try {
    const real = realpathSync(path);
    const ways = [path, real];
    const unseen = hiddenFromServices.find((folder) => ways.some((way) => isBelow(join(root, folder), way)));
    if (unseen !== undefined) return { why: `can't see ${unseen}, so it can't read ${path}; ${instead}` };
    const closed = ways
      .flatMap((way) => foldersOf(root, way))
      // The settings' own folder is checked with them, and `install` opens it.
      .find((folder) => folder !== own && (statSync(folder).mode & searchableByAll) === 0);
    if (closed !== undefined) return { why: `may not open files in ${closed}, so it can't read ${path}; ${instead}` };
    if ((statSync(real).mode & readableByAll) !== 0) return undefined;
    return { why: `can't read ${path}`, remedy: `chmod 644 ${shellWord(path)}` };
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return undefined;
  }
}

/** The folders on the way from the root to a file. */
function foldersOf(root: string, path: string): readonly string[] {
  const folder = dirname(path);
  return folder === root || folder === path ? [] : [...foldersOf(root, folder), folder];
}

function notHandedOn(path: string, handedOn: string): Fault | undefined {
  return path === handedOn ? undefined : { why: `gets a copy of ${handedOn} only; move ${path} there` };
}

function unwritable(root: string, path: string): Fault | undefined {
  const { stateDir, logFile } = systemPaths(root, {});
  const folders = [stateDir, dirname(logFile)];
  if (folders.some((folder) => path === folder || isBelow(folder, path))) return undefined;
  return { why: `can write only to ${folders.join(" and ")}, not to ${path}; remove the setting` };
}

const isBelow = (folder: string, path: string): boolean => path.startsWith(`${folder}/`);

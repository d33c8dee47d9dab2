import {
  chmodSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { AgentError } from "../../errors.ts";
import { openFile, readBounded, whyNot } from "../../files/open-file.ts";
import { maxFileSize } from "../../files/unreadable.ts";
import { applySteps, part, stateStep } from "../install-steps.ts";
import type { InstallRequest, InstallStep, Paths } from "../port.ts";

/** A file or link of a file system with POSIX modes. */
export type FileContent = FileBytes | { readonly linkTo: string };

interface FileBytes {
  readonly text: string | Buffer;
  readonly mode: number;
  /** User ID; left out: this process's. */
  readonly owner?: number;
}

/**
 * Installs a file or a link: written under a temporary name, with its final mode, and renamed. Missing parent folders
 * are created, readable for all.
 * @param what for people, before the path
 */
export function fileStep(what: string, path: string, wanted: FileContent): InstallStep {
  const content = contentStep(what, path, wanted);
  let made: string | undefined;
  const folders = part(
    () => {
      made = acting(path, "written", () => makeFoldersOf(path));
    },
    () => removeEmptyFolders(made, path),
  );
  return { ...content, apply: () => applySteps([folders, content]) };
}

/** Changes the mode of an existing file or folder. @param what for people, with the path */
export function modeStep(what: string, path: string, wanted: number): InstallStep {
  const before = acting(path, "read", () => statSync(path).mode & 0o7777);
  const put = (mode = wanted): void => acting(path, "given another mode", () => chmodSync(path, mode));
  return stateStep(what, before, wanted, Object.is, put);
}

/** Removes a file or a link, and with `folderToo` its folder if that is empty then. */
export function removalStep(what: string, path: string, folderToo = false): InstallStep {
  const content = contentStep(what, path, undefined);
  const folder = part(
    () => folderToo && removeEmptyFolders(dirname(path), path),
    () => acting(path, "put back", () => makeFoldersOf(path)),
  );
  return { ...content, apply: () => applySteps([content, folder]) };
}

const contentStep = (what: string, path: string, wanted: FileContent | undefined): InstallStep =>
  stateStep(`${what} ${path}`, contentOf(path), wanted, isSame, (content, done) =>
    acting(path, done, () => (content === undefined ? rmSync(path) : put(path, content))),
  );

/** Removes a folder with all that is in it, for good: a step for the end. */
export function folderRemovalStep(what: string, path: string): InstallStep {
  return {
    what: `${what} ${path}`,
    change: lstatSync(path, { throwIfNoEntry: false }) === undefined ? "absent" : "remove",
    apply: part(() => acting(path, "removed", () => rmSync(path, { recursive: true }))).apply,
  };
}

/** The files of an installation: settings that all may read, and the credential, which is root's alone. */
export function requestedFiles(
  { settings, credential }: InstallRequest,
  { configFile, credentialFile }: Pick<Paths, "configFile" | "credentialFile">,
): readonly InstallStep[] {
  const steps: InstallStep[] = [];
  if (settings !== undefined) steps.push(fileStep("settings file", configFile, { text: settings, mode: 0o644 }));
  if (credential !== undefined) {
    steps.push(fileStep("credential", credentialFile, { text: credential.reveal(), mode: 0o600 }));
  }
  return steps;
}

/** Undefined if nothing is there. @throws AgentError `install-failed` */
function contentOf(path: string): FileContent | undefined {
  return acting(path, "read", () => {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return undefined;
    if (stats.isSymbolicLink()) return { linkTo: readlinkSync(path) };
    using file = openFile(path, "read");
    return { text: readBounded(file, maxFileSize), mode: file.stats.mode & 0o7777, owner: file.stats.uid };
  });
}

function isSame(before: FileContent, wanted: FileContent): boolean {
  if ("linkTo" in before || "linkTo" in wanted) {
    return "linkTo" in before && "linkTo" in wanted && before.linkTo === wanted.linkTo;
  }
  const owner = wanted.owner ?? process.geteuid?.();
  return (
    before.mode === wanted.mode && before.owner === owner && Buffer.from(before.text).equals(Buffer.from(wanted.text))
  );
}

/** @throws the system's error; then the earlier state is unchanged */
function put(path: string, content: FileContent): void {
  const next = `${path}.new`;
  rmSync(next, { force: true });
  try {
    if ("linkTo" in content) symlinkSync(content.linkTo, next);
    else writeNew(next, content);
    renameSync(next, path);
  } catch (error) {
    rmSync(next, { force: true });
    throw error;
  }
}

function writeNew(path: string, { text, mode, owner }: FileBytes): void {
  using file = openFile(path, "create");
  // Until now it is this user's alone.
  fchmodSync(file.descriptor, mode);
  if (owner !== undefined) fchownSync(file.descriptor, owner, -1);
  writeFileSync(file.descriptor, text);
  fsyncSync(file.descriptor);
}

/**
 * Creates the folders above a path, readable for all regardless of the umask. @returns the topmost that was not there
 */
function makeFoldersOf(path: string): string | undefined {
  const made = mkdirSync(dirname(path), { recursive: true });
  for (const folder of foldersFrom(made, path)) chmodSync(folder, 0o755);
  return made;
}

/** A path's folders, from its own up to `topmost`; none if that is undefined. */
function foldersFrom(topmost: string | undefined, path: string): readonly string[] {
  const folders: string[] = [];
  if (topmost === undefined) return folders;
  for (let folder = dirname(path); folder.length >= topmost.length; folder = dirname(folder)) folders.push(folder);
  return folders;
}

function removeEmptyFolders(topmost: string | undefined, path: string): void {
  try {
    for (const folder of foldersFrom(topmost, path)) rmdirSync(folder);
  } catch {
    // Something else is in it, or it is gone.
  }
}

function acting<T>(path: string, done: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    throw new AgentError("install-failed", `${path} can't be ${done}: ${whyNot(cause)}.`, { cause });
  }
}

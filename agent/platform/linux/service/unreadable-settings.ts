import { statSync } from "node:fs";
import { dirname } from "node:path";
import { policyPath, settingsPath } from "../paths.ts";

/**
 * Settings files and folders that the service may not read, as it is not privileged: not everybody may, as after `umask
 * 077`. In the order in which to open them, each with the mode bits that it should have (inode(7)).
 */
export function unreadableSettings(root: string) {
  const readable = [
    { path: dirname(settingsPath(root)), needed: 0o001, wanted: 0o755 },
    { path: settingsPath(root), needed: 0o004, wanted: 0o644 },
    { path: policyPath(root), needed: 0o004, wanted: 0o644 },
  ];
  return readable.flatMap(({ path, needed, wanted }) => {
    const mode = modeOf(path);
    return mode === undefined || (mode & needed) !== 0 ? [] : [{ path, wanted }];
  });
}

/** Undefined if it is missing, or if this user may not enter its folder, which is listed instead. */
function modeOf(path: string): number | undefined {
  try {
    return statSync(path).mode & 0o7777;
  } catch {
    return undefined;
  }
}

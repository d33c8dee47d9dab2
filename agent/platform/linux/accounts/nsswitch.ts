import { readFileSync } from "node:fs";
import { join } from "node:path";
import { systemErrorCode } from "../../../errors.ts";

/** NSS sources in the order of nsswitch.conf(5), for users and for groups. */
export interface NssSources {
  readonly users: readonly string[];
  readonly groups: readonly string[];
}

/** Sources that read the files of `local-files.ts`. */
const fileSources = ["files", "compat", "altfiles", "extrausers"];
/** Sources that answer from this machine alone and at once. */
const localSources: ReadonlySet<string> = new Set([...fileSources, "db", "systemd", "mymachines"]);

/** Sources that ask a directory, which may answer late or never: `sss`, `winbind`, `ldap`, `nis`, … */
export function directorySources({ users, groups }: NssSources): readonly string[] {
  return [...new Set([...users, ...groups])].filter((source) => !localSources.has(source));
}

/** Sources that may name a user who is in none of this machine's files, in their order. */
export function sourcesBesideFiles({ users }: NssSources): readonly string[] {
  return users.filter((source) => !fileSources.includes(source));
}

/** @throws the system's error where the file is there and can't be read */
export function readNssSources(root: string): NssSources {
  // SUSE's glibc falls back to the distribution's own file.
  for (const path of ["etc/nsswitch.conf", "usr/etc/nsswitch.conf"]) {
    try {
      return parseNsswitch(readFileSync(join(root, path), "utf8"));
    } catch (error) {
      if (systemErrorCode(error) !== "ENOENT") throw error;
    }
  }
  return parseNsswitch("");
}

/** nsswitch.conf(5). A database without a line is looked up in `files`, glibc's own default since 2.34. */
export function parseNsswitch(text: string): NssSources {
  const sources = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const match = /^\s*(\w+)\s*:([^#]*)/.exec(line);
    if (match === null) continue;
    const [, database = "", rest = ""] = match;
    sources.set(
      database,
      rest
        .replace(/\[[^\]]*\]/g, " ")
        .split(/\s+/)
        .filter(Boolean),
    );
  }
  const of = (database: string): readonly string[] => {
    const listed = sources.get(database) ?? ["files"];
    // The lines of NIS compatibility in the files lead to another source, nsswitch.conf(5), "Compatibility mode".
    return listed.includes("compat") ? [...listed, ...(sources.get(`${database}_compat`) ?? ["nis"])] : listed;
  };
  return { users: of("passwd"), groups: [...new Set([...(sources.get("initgroups") ?? []), ...of("group")])] };
}

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { AgentError, systemErrorCode } from "../../../errors.ts";
import { whyNot } from "../../../files/open-file.ts";

/** One line of passwd(5). */
export interface LocalUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  /** Empty for /bin/sh. */
  readonly shell: string;
}

/** One line of group(5). */
export interface LocalGroup {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

/** Accounts and groups that this machine keeps itself. */
export interface LocalFiles {
  readonly users: readonly LocalUser[];
  readonly groups: readonly LocalGroup[];
  /** Smallest uid of a person, login.defs(5) UID_MIN. */
  readonly firstPersonUid: number;
}

/** Folders of `passwd` and `group` by the NSS source that reads them: nss-altfiles, libnss-extrausers. */
export const folderBySource: Readonly<Record<string, string>> = {
  files: "etc",
  compat: "etc",
  altfiles: "usr/lib",
  extrausers: "var/lib/extrausers",
};

/**
 * The files of the given NSS sources; each is read where it is first asked for, which throws AgentError
 * `identity-unreadable` if it is there and can't be read.
 */
export function readLocalFiles(root: string, sources: readonly string[]): LocalFiles {
  const folders = [...new Set(sources.flatMap((source) => folderBySource[source] ?? []))];
  const read = (name: string): string => folders.map((folder) => readText(join(root, folder, name))).join("\n");
  let [users, groups, firstPersonUid]: Partial<[LocalUser[], LocalGroup[], number]> = [];
  return {
    get users() {
      users ??= parsePasswd(read("passwd"));
      return users;
    },
    get groups() {
      groups ??= parseGroup(read("group"));
      return groups;
    },
    get firstPersonUid() {
      firstPersonUid ??= parseFirstPersonUid(readText(join(root, "etc/login.defs")));
      return firstPersonUid;
    },
  };
}

/** passwd(5); lines of NIS compatibility (`+`, `-`) and malformed ones are no users. */
export function parsePasswd(text: string): LocalUser[] {
  return text.split("\n").flatMap((line) => {
    const [name = "", , uid = "", gid = "", , home = "", shell = ""] = line.split(":");
    return isEntry(name) && isId(uid) && isId(gid) ? [{ name, uid: Number(uid), gid: Number(gid), home, shell }] : [];
  });
}

/** group(5) */
export function parseGroup(text: string): LocalGroup[] {
  return text.split("\n").flatMap((line) => {
    const [name = "", , gid = "", members = ""] = line.split(":");
    if (!isEntry(name) || !isId(gid)) return [];
    return [{ name, gid: Number(gid), members: members.split(",").filter(Boolean) }];
  });
}

/** UID_MIN of login.defs(5); 1000, its own default, if it is not set. */
export function parseFirstPersonUid(loginDefs: string): number {
  const match = /^[ \t]*UID_MIN[ \t]+"?(\d{1,9})\b/m.exec(loginDefs);
  return match === null ? 1000 : Number(match[1]);
}

const isEntry = (name: string): boolean => name !== "" && !/^[+\-#]/.test(name);
const isId = (text: string): boolean => /^\d{1,10}$/.test(text) && Number(text) < 0xffff_ffff;

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const code = systemErrorCode(cause);
    if (code === "ENOENT") return "";
    throw new AgentError(
      "identity-unreadable",
      `${path} can't be read: ${whyNot(cause)}. Let everybody read it: chmod a+r ${path}`,
      {
        cause,
      },
    );
  }
}

import { AgentError } from "../../errors.ts";
import { shellWord } from "../../printable.ts";
import { constants } from "../native-layout.ts";
import type { Exposure } from "../port.ts";
import { type LibSystem, lastErrno, libSystem } from "./libsystem.ts";

const { ACL_TYPE_EXTENDED } = constants("sys/acl.h", { ACL_TYPE_EXTENDED: 0x100 });
/** acl_get(3): there is no list. */
const { ENOENT } = constants("errno.h", { ENOENT: 2 });

/** Longer than any list: 128 entries of names, IDs and permissions. */
const maxText = 1024 * 1024;

/**
 * The access control list of a file or folder, which macOS obeys before its mode.
 * @returns undefined if it has none
 * @throws AgentError `credentials-unreadable`
 */
export function readAccessList(
  path: string,
  native: Pick<LibSystem, "acl_get_file" | "acl_to_text" | "acl_free" | "__error"> = libSystem(),
): string | undefined {
  const { acl_get_file, acl_to_text, acl_free } = native;
  const list = acl_get_file(path, ACL_TYPE_EXTENDED);
  if (list === 0n) {
    const errno = lastErrno(native);
    if (errno === ENOENT) return undefined;
    throw new AgentError("credentials-unreadable", `The access list of ${path} can't be read (errno ${errno}).`);
  }
  const length = Buffer.alloc(8);
  const text = acl_to_text(list, length);
  try {
    const size = Number(length.readBigInt64LE());
    if (text !== 0n && size > 0 && size <= maxText) {
      return process.getBuiltinModule("node:ffi").toBuffer(text, size, true).toString("utf8");
    }
    throw new AgentError("credentials-unreadable", `The access list of ${path} has an unknown format.`);
  } finally {
    if (text !== 0n) acl_free(text);
    acl_free(list);
  }
}

/** Describes an access list that gives users other than root and this one rights. @throws AgentError */
export function openedByList(
  path: string,
  read: (path: string) => string | undefined = readAccessList,
): Exposure | undefined {
  const list = read(path);
  if (list === undefined || !allowsSomebody(list)) return undefined;
  return { why: `${path} has an access list that lets others in`, remedy: `chmod -N ${shellWord(path)}` };
}

/**
 * Whether a list grants a right. Entries that only deny are usual on macOS (`everyone deny delete`).
 * @param list as acl_to_text(3) writes it: `!#acl 1`, then `group:UUID:everyone:12:deny,inherited:delete` a line
 */
export function allowsSomebody(list: string): boolean {
  return list
    .split("\n")
    .filter((line) => /^(?:user|group):/.test(line))
    .some((line) => !/:deny(?:,[\w,]*)?:[\w,]*$/.test(line));
}

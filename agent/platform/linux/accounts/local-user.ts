import { existsSync } from "node:fs";
import { join } from "node:path";
import { AgentError } from "../../../errors.ts";
import { isServiceLine, nobody } from "./classify-account.ts";
import { type LocalFiles, type LocalUser, readLocalFiles } from "./local-files.ts";

/**
 * The user of this machine's files with a user ID.
 * @throws AgentError `identity-unreadable` if the files give the ID two names, or the name two IDs: either may
 * have logged on
 */
export function localUserById(files: Pick<LocalFiles, "users">, uid: number): LocalUser | undefined {
  return certain(
    files,
    files.users.find((user) => user.uid === uid),
  );
}

/** The user of this machine's files with a name. @throws AgentError `identity-unreadable`, see {@link localUserById} */
export function localUserByName(files: Pick<LocalFiles, "users">, name: string): LocalUser | undefined {
  return certain(
    files,
    files.users.find((user) => user.name === name),
  );
}

function certain({ users }: Pick<LocalFiles, "users">, user: LocalUser | undefined): LocalUser | undefined {
  // The user ID 0 is the administrator's under any name.
  if (user === undefined || user.uid === 0) return user;
  const twin = users.find(({ name, uid }) => (uid === user.uid) !== (name === user.name));
  if (twin === undefined) return user;
  const what =
    twin.uid === user.uid
      ? `The user ID ${user.uid} has two names in the passwd file, ${user.name} and ${twin.name}`
      : `The name ${user.name} has two user IDs in the passwd file, ${user.uid} and ${twin.uid}`;
  const message = `${what}, so it is uncertain which account is meant. Give each account its own name and user ID.`;
  throw new AgentError("identity-unreadable", message);
}

/** Whether systemd made the account for the time of a service's run (systemd.exec(5) DynamicUser=). */
export function isDynamicUser(root: string, uid: number): boolean {
  return existsSync(join(root, "run/systemd/dynamic-uid", String(uid)));
}

/**
 * Whether a process's user is a service's: by its line in passwd, or made by systemd. A directory's users are people.
 * @throws AgentError `identity-unreadable`
 */
export function isServiceUser(root: string, uid: number): boolean {
  const files = readLocalFiles(root, ["files"]);
  const local = files.users.find((user) => user.uid === uid);
  if (local !== undefined) return isServiceLine(local, files.firstPersonUid);
  return uid === nobody || isDynamicUser(root, uid);
}

import { AgentError } from "../../../errors.ts";
import { isServiceLine } from "../accounts/classify-account.ts";
import { readLocalFiles } from "../accounts/local-files.ts";
import { readNssSources } from "../accounts/nsswitch.ts";
import type { AccountTools } from "./programs.ts";

/** The account of the services, which systemd hands the credential to. */
export const serviceAccount = "linkuser-agent";

/** The line that creates it, sysusers.d(5): no home, no password, no log-on shell. */
export const sysusersLine = `u ${serviceAccount} - "Links this device to its user" - -`;

const nologin = /\/(?:nologin|false)$/;

/** Whether the services' account is there; `wrong` completes "The account linkuser-agent …". */
export type AccountState = { readonly kind: "there" | "missing" } | { readonly kind: "wrong"; readonly wrong: string };

/**
 * The account must be this machine's own and a service's: another one of that name, a directory's or a person's, would
 * be given the credential.
 * @throws AgentError `identity-unreadable`
 */
export function readServiceAccount(root: string, tools: Pick<AccountTools, "ask">): AccountState {
  const sources = readNssSources(root);
  const { users, firstPersonUid } = readLocalFiles(root, ["files"]);
  const own = users.filter(({ name }) => name === serviceAccount);
  const [account] = own;
  if (account === undefined) return { kind: "missing" };
  const twin = users.find(({ name, uid }) => (name === serviceAccount) !== (uid === account.uid));
  if (twin !== undefined) return { kind: "wrong", wrong: `shares its name or user ID with ${twin.name}, ${twin.uid}` };
  if (account.uid === 0 || !isServiceLine(account, firstPersonUid) || !nologin.test(account.shell)) {
    return {
      kind: "wrong",
      wrong: `is not a service account: its user ID is ${account.uid}, its shell ${account.shell}`,
    };
  }
  // A source before `files` can give the name to another account.
  if (["files", "compat"].includes(sources.users[0] ?? "")) return { kind: "there" };
  const given = tools.ask();
  if (given === account.uid) return { kind: "there" };
  return { kind: "wrong", wrong: `has the user ID ${account.uid} in /etc/passwd and ${given ?? "none"} in NSS` };
}

/** @param wrong see {@link AccountState} */
export function wrongAccount(wrong: string): AgentError {
  const remedy = `Rename or remove that account, and put files first for passwd in /etc/nsswitch.conf; then run linkuser-agent install, or install the package again.`;
  return new AgentError(
    "install-failed",
    `The account ${serviceAccount} ${wrong}. The service would give the credential to it. ${remedy}`,
  );
}

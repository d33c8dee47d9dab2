import { AgentError, type ErrorCode } from "../../../errors.ts";
import type { LogOnPeer, SystemLogOnExchange } from "../../../network/log-on/system-log-on.ts";
import type { Reading } from "../../../reading.ts";
import { type Ask, createBoundedWorker } from "../../../worker/bounded-worker.ts";
import { startProgram } from "../../../worker/start-worker.ts";
import { constants } from "../../native-layout.ts";
import type { KeytabAccount } from "./gss-credentials.ts";
import type { GssFailure } from "./gss-status.ts";
import type { GssLibrary } from "./gss-tables.ts";
import type { GssAnswer, GssQuestion } from "./gssapi.ts";
import { type Keytab, machineAccount, principalsOf } from "./keytab.ts";

/** What differs between systems. */
export interface GssSystem {
  readonly library: GssLibrary;
  /**
   * Next steps for a missing library, and for a machine without an account or with an old key; each ends a sentence.
   */
  readonly install: string;
  readonly join: string;
  readonly renew: string;
  /** For people, with the command that asks the directory. */
  readonly tools: { readonly machine: string; readonly user: string };
  /** Ends the process without waiting for its threads. */
  readonly leave: (code: number) => void;
}

/** Milliseconds for one call: libkrb5 asks each KDC several times, and gives up after about 20 s. */
const limit = 30_000;

/** Codes of Kerberos, which Heimdal has alike (krb5_err.et). */
const codes = constants("krb5/krb5.h", {
  KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN: -1765328378,
  KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN: -1765328377,
  KRB5KDC_ERR_ETYPE_NOSUPP: -1765328370,
  KRB5KDC_ERR_CLIENT_REVOKED: -1765328366,
  KRB5KDC_ERR_PREAUTH_FAILED: -1765328360,
  KRB5KRB_AP_ERR_TKT_EXPIRED: -1765328352,
  KRB5KRB_AP_ERR_SKEW: -1765328347,
  KRB5_CC_NOTFOUND: -1765328243,
  KRB5_REALM_UNKNOWN: -1765328230,
  KRB5_KDC_UNREACH: -1765328228,
  KRB5_FCC_NOFILE: -1765328189,
  KRB5_REALM_CANT_RESOLVE: -1765328164,
});

/** The source of a run's account. */
export interface LogOnAccounts {
  /** The machine's keytab, for root and services; undefined for a user, who has a cache of tickets. */
  readonly keytab: (() => Reading<Keytab>) | undefined;
  readonly hostName: () => string;
}

/** Logs on by GSSAPI: a service and root by the machine's keytab, a user by the tickets of the user's cache. */
export async function startByGss(
  { scheme, host, channelBinding }: LogOnPeer,
  system: GssSystem,
  accounts: LogOnAccounts,
  ask: Ask<GssQuestion, GssAnswer> = threadFor(system),
): Promise<SystemLogOnExchange> {
  if (scheme !== "Negotiate") throw new TypeError(`${scheme} is not spoken by GSSAPI`);
  const account = accounts.keytab && accountOf(accounts.keytab(), accounts.hostName(), system);
  const explain = (failure: GssFailure, name: string | undefined): AgentError =>
    explained(failure, { host, account: name, isMachine: account !== undefined, system });
  const started = await ask({ call: "start", host, channelBinding, account });
  if (started.kind === "failed") throw explain(started, account?.principal);
  if (started.kind !== "started") throw new TypeError("no log-on was started");
  const { id, account: name } = started;
  return {
    account: name,
    async step(token) {
      const answer = await ask({ call: "step", id, token });
      if (answer.kind === "failed") throw explain(answer, name);
      if (answer.kind !== "stepped") throw new TypeError("no step was made");
      return { token: answer.token && Buffer.from(answer.token), complete: answer.complete };
    },
    async close() {
      await ask({ call: "close", id }).catch(() => undefined);
    },
  };
}

const threads = new Map<string, Ask<GssQuestion, GssAnswer>>();

/** One thread for the life of the process: one that waits for a KDC can't be ended. @internal */
export function threadFor(system: GssSystem): Ask<GssQuestion, GssAnswer> {
  const { path } = system.library;
  const thread = threads.get(path) ?? createThread(system);
  threads.set(path, thread);
  return thread;
}

function createThread({ library, install, leave }: GssSystem): Ask<GssQuestion, GssAnswer> {
  return createBoundedWorker(() => startProgram("log-on-worker", library), {
    limit,
    tooLate: () =>
      new AgentError(
        "not-connected",
        `Kerberos did not answer within ${limit / 1000} s. Check that this machine can reach a KDC of its realm (kinit -k, /etc/krb5.conf).`,
      ),
    failed: (cause) => new AgentError("credentials-missing", `${library.path} can't be used: ${install}.`, { cause }),
    leave,
  });
}

/** @throws AgentError */
function accountOf(keytab: Reading<Keytab>, hostName: string, { join }: GssSystem): KeytabAccount {
  const missing = (why: string, cause?: unknown): AgentError =>
    new AgentError("credentials-missing", `This machine has no account to log on with: ${why}. To log on, ${join}.`, {
      cause,
    });
  if (keytab.kind === "absent") throw missing(`${keytab.origin} ${keytab.reason}`);
  if (keytab.kind === "failed") throw missing(keytab.error.finding.replace(/\.$/, ""), keytab.error);
  const { path, content } = keytab.value;
  const principals = principalsOf(content);
  const principal = machineAccount(principals, hostName);
  if (principal !== undefined) return { principal, keytab: path };
  const others = principals.length === 0 ? "no principal" : principals.slice(0, 5).join(", ");
  throw missing(`${keytab.origin} has neither HOST$ nor host/… but ${others}`);
}

interface LogOnCase {
  readonly host: string;
  readonly account: string | undefined;
  readonly isMachine: boolean;
  readonly system: GssSystem;
}

function explained({ minor, text }: GssFailure, tried: LogOnCase): AgentError {
  const account = tried.account === undefined ? "This user" : `The account ${tried.account}`;
  const words = text.replace(/\.$/, "");
  const message = `${account} can't log on to HTTP/${tried.host} by Kerberos: ${words}. ${whatToDo(minor, tried)}`;
  return new AgentError(codeOf(minor), message, { cause: new Error(words) });
}

function codeOf(minor: number): ErrorCode {
  switch (minor) {
    case codes.KRB5_KDC_UNREACH:
    case codes.KRB5_REALM_UNKNOWN:
    case codes.KRB5_REALM_CANT_RESOLVE:
      return "not-connected";
    case codes.KRB5_CC_NOTFOUND:
    case codes.KRB5_FCC_NOFILE:
      return "credentials-missing";
    default:
      return "credentials-refused";
  }
}

function whatToDo(minor: number, { host, isMachine, system }: LogOnCase): string {
  switch (minor) {
    case codes.KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN:
      return `Register the service's name in the directory (setspn -S HTTP/${host} ACCOUNT), and use the registered name in the settings.`;
    case codes.KRB5KRB_AP_ERR_SKEW:
      return "Set this machine's clock: Kerberos allows a difference of at most 5 minutes.";
    case codes.KRB5KDC_ERR_PREAUTH_FAILED:
      return `The key in /etc/krb5.keytab is not the account's current one: ${system.renew}.`;
    case codes.KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN:
    case codes.KRB5KDC_ERR_CLIENT_REVOKED:
      return "The directory has no such account, or it is disabled: enable it, or join the domain again.";
    case codes.KRB5_KDC_UNREACH:
    case codes.KRB5_REALM_UNKNOWN:
    case codes.KRB5_REALM_CANT_RESOLVE:
      return "Check this machine's DNS servers and /etc/krb5.conf, and that it can reach a KDC (port 88).";
    case codes.KRB5KRB_AP_ERR_TKT_EXPIRED:
    case codes.KRB5_CC_NOTFOUND:
    case codes.KRB5_FCC_NOFILE:
      return "Get a ticket (kinit), or log on to this machine with a domain account.";
    case codes.KRB5KDC_ERR_ETYPE_NOSUPP:
      return `Allow a common encryption type: msDS-SupportedEncryptionTypes of the service's account, permitted_enctypes in /etc/krb5.conf.`;
    default:
      return isMachine
        ? `To see the directory's answer, run ${system.tools.machine} as root.`
        : `To see the directory's answer, run ${system.tools.user}.`;
  }
}

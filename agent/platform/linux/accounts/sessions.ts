import { existsSync } from "node:fs";
import { join } from "node:path";
import { AgentError } from "../../../errors.ts";
import { absent, failed, found, type Reading } from "../../../reading.ts";
import type { Session } from "../../port.ts";
import { SystemdError, type SystemdLogin } from "./libsystemd.ts";

const origin = "logind";
const notRunning = "systemd-logind does not run here";

/** errno(3) on Linux: the session is gone (ENXIO), or has no such property (ENODATA). */
const ENXIO = 6;
const ENODATA = 61;

/** Session classes of a person, pam_systemd(8); `user-early` and `user-light` since systemd 256. */
const personalClasses: ReadonlySet<string> = new Set(["user", "user-early", "user-light"]);

const otherClasses: Readonly<Record<string, string>> = {
  greeter: "the login screen",
  "lock-screen": "the lock screen",
  background: "a background session, such as cron's",
  "background-light": "a background session, such as cron's",
  manager: "a user's service manager, which may outlive the logon",
  "manager-early": "a user's service manager, which may outlive the logon",
  "user-incomplete": "a person who has not finished logging on",
};

/**
 * All sessions that logind knows; `absent` where logind does not run: in a container, under another init.
 * @param open opens libsystemd; its missing is `failed` where logind runs
 */
export function readSessions(root: string, open: () => SystemdLogin): Reading<readonly Session[]> {
  // logind makes this folder at its start, sd-login reads it.
  if (!existsSync(join(root, "run/systemd/sessions"))) return absent(origin, notRunning);
  try {
    const login = open();
    const ids = login.sessions();
    // Some images bring the folder without logind running.
    if (ids.length === 0 && !existsSync(join(root, "run/systemd/system"))) return absent(origin, notRunning);
    const sessions = ids.map((id) => readSession(login, id));
    return found(
      sessions.filter((session) => session !== undefined),
      origin,
    );
  } catch (cause) {
    if (cause instanceof AgentError) return failed(origin, cause);
    if (!(cause instanceof SystemdError)) throw cause;
    const message = `The sessions can't be read: ${cause.message}. Check that systemd-logind runs.`;
    return failed(origin, new AgentError("identity-unreadable", message, { cause }));
  }
}

/** Undefined for a session that ended after it was listed. */
function readSession(login: SystemdLogin, id: string): Session | undefined {
  try {
    const sessionClass = login.text("class", id);
    const isPersonal = personalClasses.has(sessionClass);
    return {
      id,
      userKey: String(login.uid(id)),
      class: isPersonal ? "user" : "other",
      classReason: isPersonal ? "a person's session" : (otherClasses[sessionClass] ?? `of the class ${sessionClass}`),
      state: stateOf(login.text("state", id)),
      local: !login.isRemote(id),
      seat: seatOf(login, id),
    };
  } catch (error) {
    if (error instanceof SystemdError && error.errno === ENXIO) return undefined;
    throw error;
  }
}

/** sd_session_get_state(3): `online`, `active`, `closing`; `opening` while the logon is under way. */
function stateOf(state: string): Session["state"] {
  return state === "active" || state === "closing" ? state : "online";
}

function seatOf(login: SystemdLogin, id: string): string | undefined {
  try {
    return login.text("seat", id);
  } catch (error) {
    if (error instanceof SystemdError && error.errno === ENODATA) return undefined;
    throw error;
  }
}

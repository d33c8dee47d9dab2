import { existsSync } from "node:fs";
import { join } from "node:path";
import { AgentError, messageOf, systemErrorCode } from "../../../errors.ts";
import { absent, failedBy, found, type Reading } from "../../../reading.ts";
import type { Session } from "../../port.ts";
import type { SystemdLogin } from "./libsystemd.ts";

const origin = "logind";
const notRunning = "systemd-logind does not run here";

/** Session classes of a person who logged on, pam_systemd(8); `user-early` since systemd 256. */
const personalClasses: ReadonlySet<string> = new Set(["user", "user-early"]);

/** PAM services by which a user who is already logged on becomes another user. */
const switchingServices: ReadonlySet<string> = new Set([
  "su",
  "su-l",
  "sudo",
  "sudo-i",
  "doas",
  "runuser",
  "runuser-l",
  "polkit-1",
  "systemd-run0",
]);

const otherClasses: Readonly<Record<string, string>> = {
  greeter: "the login screen",
  "lock-screen": "the lock screen",
  background: "a background session, such as cron's",
  "background-light": "a background session, such as cron's",
  manager: "a user's service manager, which may outlive the logon",
  "manager-early": "a user's service manager, which may outlive the logon",
  "user-incomplete": "a person who has not finished logging on",
  "user-light": "a light session, such as run0 opens",
};

/**
 * All sessions that logind knows; `absent` if logind does not run: in a container, under another init.
 * @param open opens libsystemd; its missing is `failed` if logind runs
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
    if (!(cause instanceof AgentError) && systemErrorCode(cause) === undefined) throw cause;
    const message = `The sessions can't be read: ${messageOf(cause)}. Check that systemd-logind runs.`;
    return failedBy(origin, cause, "identity-unreadable", message);
  }
}

/** Undefined for a session that ended after it was listed. */
function readSession(login: SystemdLogin, id: string): Session | undefined {
  try {
    const sessionClass = login.text("class", id);
    const service = optional(login, "service", id);
    const isPersonal = isLogon(sessionClass, service);
    return {
      id,
      userKey: String(login.uid(id)),
      class: isPersonal ? "user" : "other",
      classReason: isPersonal ? "a person's session" : reasonOf(sessionClass, service),
      state: stateOf(login.text("state", id)),
      local: !login.isRemote(id),
      seat: optional(login, "seat", id),
    };
  } catch (error) {
    if (systemErrorCode(error) === "ENXIO") return undefined;
    throw error;
  }
}

/** sd_session_get_state(3): `online`, `active`, `closing`; `opening` while the logon is under way. */
const stateOf = (state: string): Session["state"] => (state === "active" || state === "closing" ? state : "online");

/** @returns undefined if the session has no such property */
function optional(login: SystemdLogin, what: "seat" | "service", id: string): string | undefined {
  try {
    return login.text(what, id);
  } catch (error) {
    if (systemErrorCode(error) === "ENODATA") return undefined;
    throw error;
  }
}

/**
 * Whether a session is that of a person who logged on. `run0 --user=bob` opens one of the class `user-light` for bob,
 * as `su` may open one of the class `user`: no one has logged on. An administrator can configure sshd and others to
 * open light sessions too, so a light session counts unless it is known to be opened for another user.
 */
function isLogon(sessionClass: string, service: string | undefined): boolean {
  if (service !== undefined && switchingServices.has(service)) return false;
  return personalClasses.has(sessionClass) || (sessionClass === "user-light" && !!service);
}

function reasonOf(sessionClass: string, service: string | undefined): string {
  if (service !== undefined && switchingServices.has(service)) return `opened by ${service}, not by a logon`;
  return otherClasses[sessionClass] ?? `of the class ${sessionClass}`;
}

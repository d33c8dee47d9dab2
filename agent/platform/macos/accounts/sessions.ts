import { statSync } from "node:fs";
import { reasonOf } from "../../../files/open-file.ts";
import { failedBy, found, type Reading } from "../../../reading.ts";
import type { Session } from "../../port.ts";
import type { BoundedNames } from "../../posix/bounded-names.ts";
import { isAlive, type LoginRecord, readLoginRecords } from "./login-records.ts";

const origin = "/dev/console and utmpx";

/** Questions to this Mac; tests replace them. */
export const systemSessions = {
  /** The owner of the console device: the user at the screen, or root at the login window. */
  consoleOwner: () => statSync("/dev/console").uid,
  loginRecords: (): readonly LoginRecord[] => readLoginRecords(),
  isAlive,
};

/**
 * Who is logged on: the owner of /dev/console is at the screen; others have a record in utmpx, switched away (fast user
 * switching) or over the network. A user who only has a process is not logged on.
 */
export async function readSessions(
  sources: typeof systemSessions,
  names: BoundedNames,
): Promise<Reading<readonly Session[]>> {
  try {
    const sessions: Session[] = [];
    const owner = sources.consoleOwner();
    if (owner !== 0) sessions.push(consoleSession(owner));
    for (const record of sources.loginRecords().filter(({ pid }) => sources.isAlive(pid))) {
      const uid = (await names.ask("userByName", record.user))?.uid;
      // A name without a user does not count; the login window has a record before anyone has logged on.
      if (uid === undefined) continue;
      if (record.line === "console" && uid === owner) continue;
      sessions.push(recordedSession(record, uid));
    }
    return found(distinct(sessions), origin);
  } catch (cause) {
    return failedBy(origin, cause, "identity-unreadable", `The sessions can't be read: ${reasonOf(cause)}.`);
  }
}

const personal = { class: "user", classReason: "a person's session" } as const;

/** Setup Assistant owns the console as _mbsetupuser while a Mac is set up. */
const setupAssistant = 248;

function classOf(uid: number): Pick<Session, "class" | "classReason"> {
  return uid === setupAssistant ? { class: "other", classReason: "Setup Assistant" } : personal;
}

function consoleSession(uid: number): Session {
  return { id: "console", userKey: String(uid), ...classOf(uid), state: "active", local: true, seat: "console" };
}

function recordedSession({ line, host }: LoginRecord, uid: number): Session {
  const userKey = String(uid);
  if (line === "console") {
    return { id: `console:${uid}`, userKey, ...classOf(uid), state: "online", local: true, seat: "console" };
  }
  const common = { id: line, userKey, state: "active", local: host === "", seat: undefined } as const;
  if (host === "") return { ...common, class: "other", classReason: "a terminal window" };
  return { ...common, ...classOf(uid) };
}

/** A session may have left two records. */
function distinct(sessions: readonly Session[]): readonly Session[] {
  return sessions.filter(({ id }, at) => sessions.findIndex((other) => other.id === id) === at);
}

import { constants, layout, readField } from "../../native-layout.ts";
import type { Account, Session } from "../../port.ts";
import { isServiceSid } from "./sids.ts";

export interface SessionRow {
  readonly id: number;
  /** WTS_CONNECTSTATE_CLASS. */
  readonly state: number;
  readonly station: string;
  readonly user: string;
  readonly domain: string;
  /** WTSClientProtocolType: 0 at the machine itself, 1 legacy, 2 Remote Desktop. */
  readonly protocol: number;
}

/** The session of services, scheduled tasks and other programs of SYSTEM; never a person's. */
export const servicesSession = 0;

export const sessionInfo = layout("wtsapi32.h", "WTS_SESSION_INFOW", 24, { SessionId: [0, "u32"], State: [16, "i32"] });

export function parseSessionStates(bytes: Buffer): readonly Pick<SessionRow, "id" | "state">[] {
  const rows: Pick<SessionRow, "id" | "state">[] = [];
  for (let start = 0; start + sessionInfo.size <= bytes.length; start += sessionInfo.size) {
    const [id, state] = [
      readField(sessionInfo, "SessionId", bytes, start),
      readField(sessionInfo, "State", bytes, start),
    ];
    rows.push({ id, state });
  }
  return rows;
}

const wts = constants("wtsapi32.h", {
  WTSActive: 0,
  WTSConnected: 1,
  WTSConnectQuery: 2,
  WTSShadow: 3,
  WTSDisconnected: 4,
  WTSIdle: 5,
  WTSListen: 6,
  WTSReset: 7,
  WTSDown: 8,
  WTSInit: 9,
});
/** The states in which a user may be logged on; in the others nobody is. */
const states: Readonly<Partial<Record<number, Session["state"]>>> = {
  [wts.WTSActive]: "active",
  [wts.WTSConnected]: "online",
  [wts.WTSShadow]: "active",
  [wts.WTSDisconnected]: "disconnected",
  [wts.WTSReset]: "closing",
  [wts.WTSDown]: "closing",
};
const stateName = (state: number): string =>
  Object.entries(wts).find(([, number]) => number === state)?.[0] ?? `state ${state}`;

/** Whether a session in this state may be that of a logged-on user. */
export function mayHoldPerson(state: number): boolean {
  const meaning = states[state];
  return meaning === "active" || meaning === "online" || meaning === "disconnected";
}

/**
 * Accounts that Windows itself creates and logs on, by name, because their RIDs are ordinary: the out-of-box
 * experience, sandboxes, provisioning, assigned access (kiosk).
 */
const systemNames = /^(?:defaultuser\d+|kioskUser\d+|WsiAccount|WDAGUtilityAccount|DWM-\d+|UMFD-\d+)$/i;

/**
 * @param user its key, a SID or `DOMAIN\user` where the SID may not be asked for; and the kind of its account
 * @param console ID of the session at the screen, if there is one
 */
export function toSession(
  row: SessionRow,
  user: Pick<Account, "userKey" | "kind">,
  console: number | undefined,
): Session {
  const [name, state] = [stateName(row.state), states[row.state]];
  const nobody = nobodyReason(row, user) ?? (state === undefined ? `${name}: nobody is logged on in it` : undefined);
  return {
    id: String(row.id),
    userKey: user.userKey,
    class: nobody === undefined ? "user" : "other",
    classReason: nobody ?? `${row.station || "session"} of ${row.domain}\\${row.user}, ${name}`,
    state: state ?? "closing",
    local: row.protocol === 0,
    seat: row.id === console ? "console" : undefined,
  };
}

function nobodyReason(
  { id, user }: SessionRow,
  { userKey, kind }: Pick<Account, "userKey" | "kind">,
): string | undefined {
  if (id === 0) return "session 0 is for services";
  if (kind !== "domain" && kind !== "entra" && systemNames.test(user)) return `${user} is an account of Windows itself`;
  return userKey.startsWith("S-1-") && isServiceSid(userKey) ? "a service account" : undefined;
}

import type { Session } from "../../port.ts";
import { isServiceSid } from "./sids.ts";

/** What the system says of one session. */
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

/** The session of the services, of scheduled tasks and of whatever else runs as SYSTEM; never a person's. */
export const servicesSession = 0;

const rowLength = 24;

/** Reads the fixed parts of WTS_SESSION_INFOW rows, 64-bit layout: ID at +0, state at +16. */
export function parseSessionStates(bytes: Buffer): readonly Pick<SessionRow, "id" | "state">[] {
  const rows: Pick<SessionRow, "id" | "state">[] = [];
  for (let start = 0; start + rowLength <= bytes.length; start += rowLength) {
    rows.push({ id: bytes.readUInt32LE(start), state: bytes.readInt32LE(start + 16) });
  }
  return rows;
}

/** WTS_CONNECTSTATE_CLASS, wtsapi32.h. */
const connectState: readonly { readonly name: string; readonly state: Session["state"] | undefined }[] = [
  { name: "WTSActive", state: "active" },
  { name: "WTSConnected", state: "online" },
  { name: "WTSConnectQuery", state: undefined },
  { name: "WTSShadow", state: "active" },
  { name: "WTSDisconnected", state: "disconnected" },
  { name: "WTSIdle", state: undefined },
  { name: "WTSListen", state: undefined },
  { name: "WTSReset", state: "closing" },
  { name: "WTSDown", state: "closing" },
  { name: "WTSInit", state: undefined },
];

/** Whether a session in this state may be a person's who is logged on. */
export function mayHoldPerson(state: number): boolean {
  const told = connectState[state]?.state;
  return told === "active" || told === "online" || told === "disconnected";
}

/** Accounts that Windows itself logs on, by name: the out-of-box experience, sandboxes, provisioning. */
const systemNames = /^(?:defaultuser\d+|WsiAccount|WDAGUtilityAccount|DWM-\d+|UMFD-\d+)$/i;

/**
 * @param userKey of the session's user: a SID, or `DOMAIN\\user` where the SID may not be asked for
 * @param console ID of the session at the screen, where there is one
 */
export function toSession(row: SessionRow, userKey: string, console: number | undefined): Session {
  const { name, state } = connectState[row.state] ?? { name: `state ${row.state}`, state: undefined };
  const nobody = nobodyReason(row, userKey) ?? (state === undefined ? `${name}: nobody is logged on in it` : undefined);
  return {
    id: String(row.id),
    userKey,
    class: nobody === undefined ? "user" : "other",
    classReason: nobody ?? `${row.station || "session"} of ${row.domain}\\${row.user}, ${name}`,
    state: state ?? "closing",
    local: row.protocol === 0,
    seat: row.id === console ? "console" : undefined,
  };
}

function nobodyReason({ id, user }: SessionRow, userKey: string): string | undefined {
  if (id === 0) return "session 0 is for services";
  if (systemNames.test(user)) return `${user} is an account of Windows itself`;
  return userKey.startsWith("S-1-") && isServiceSid(userKey) ? "a service account" : undefined;
}

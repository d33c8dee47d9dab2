import { messageOf } from "../../errors.ts";
import { absent, failedBy, found, type Reading } from "../../reading.ts";
import { constants } from "../native-layout.ts";
import type { Listener } from "../port.ts";
import { sessionOfProcess } from "./accounts/read-sessions.ts";
import { processToken } from "./accounts/read-tokens.ts";
import { servicesSession } from "./accounts/sessions.ts";
import { isServiceSid } from "./accounts/sids.ts";
import { iphlpapi } from "./native/iphlpapi.ts";
import { dwordIn, dwordSlot } from "./native/pointers.ts";
import { WindowsError, winError } from "./native/windows-error.ts";
import { family, listenersAt } from "./parse-listeners.ts";

const { TCP_TABLE_OWNER_PID_LISTENER } = constants("iprtrmib.h", { TCP_TABLE_OWNER_PID_LISTENER: 3 });
/** The kernel, which listens for http.sys. */
const systemProcess = 4;

/** Questions to the system; tests replace them. */
const machine = {
  table: listenerTable,
  /** @throws WindowsError where it may not be asked */
  userOf: (processId: number) => {
    using token = processToken(processId, "read");
    return token.facts().userSid;
  },
  sessionOf: sessionOfProcess,
};

/** The owner of the listener that gets a connection to a port of 127.0.0.1; of several, one that is not trusted. */
export function readListener(port: number, sources = machine): Reading<Listener> {
  const origin = `listener at 127.0.0.1:${port}`;
  try {
    const processes = [family.AF_INET, family.AF_INET6].flatMap((one) => listenersAt(port, sources.table(one), one));
    const listeners = processes.map((processId) => listenerOf(processId, sources));
    const [first] = listeners;
    if (first === undefined) return absent(origin, "nothing listens there");
    return found(listeners.find(({ trusted }) => !trusted) ?? first, origin);
  } catch (cause) {
    const message = `The program that listens at 127.0.0.1:${port} could not be identified: ${messageOf(cause)}.`;
    return failedBy(origin, cause, "identity-unreadable", message);
  }
}

function listenerOf(processId: number, { userOf, sessionOf }: typeof machine): Listener {
  if (processId === systemProcess) return { trusted: true, owner: "Windows itself" };
  try {
    const sid = userOf(processId);
    return { trusted: isServiceSid(sid), owner: `the account ${sid} (process ${processId})` };
  } catch (cause) {
    if (!(cause instanceof WindowsError) || cause.status !== winError.ERROR_ACCESS_DENIED) throw cause;
    // A plain user may not read a service's token, but a service is always in the services' session.
    const trusted = sessionOf(processId) === servicesSession;
    return { trusted, owner: trusted ? `a service (process ${processId})` : `another user (process ${processId})` };
  }
}

/** @throws WindowsError */
function listenerTable(of: 2 | 23): Buffer {
  const length = dwordSlot(16_384);
  for (let attempts = 0; ; attempts += 1) {
    const bytes = Buffer.alloc(dwordIn(length));
    const status = iphlpapi().GetExtendedTcpTable(bytes, length, 0, of, TCP_TABLE_OWNER_PID_LISTENER, 0);
    if (status === 0) return bytes;
    // The table may grow between two calls.
    if (status !== winError.ERROR_INSUFFICIENT_BUFFER || attempts === 4) {
      throw new WindowsError("GetExtendedTcpTable", status);
    }
  }
}

import { kernel32 } from "./native/kernel32.ts";
import { ffi } from "./native/library.ts";
import { bytesAt, dwordIn, dwordSlot, pointerIn, pointerSlot, wideAt } from "./native/memory.ts";
import { lastError } from "./native/windows-error.ts";
import { wtsapi32 } from "./native/wtsapi32.ts";
import { parseSessionStates, type SessionRow } from "./sessions.ts";
import { processToken, type TokenFacts } from "./tokens.ts";

const thisServer = 0n;
/** WTS_INFO_CLASS, wtsapi32.h. */
const infoClass = { userName: 5, winStationName: 6, domainName: 7, clientProtocolType: 16 } as const;

/** All sessions that this process may see. @throws WindowsError */
export function sessionRows(): readonly SessionRow[] {
  const slot = pointerSlot();
  const count = dwordSlot();
  if (wtsapi32().WTSEnumerateSessionsW(thisServer, 0, 1, slot, count) === 0) throw lastError("WTSEnumerateSessionsW");
  let states: ReturnType<typeof parseSessionStates>;
  try {
    states = parseSessionStates(bytesAt(pointerIn(slot), 24 * dwordIn(count)));
  } finally {
    wtsapi32().WTSFreeMemory(pointerIn(slot));
  }
  return states.map(({ id, state }) => ({
    id,
    state,
    station: sessionText(id, infoClass.winStationName),
    user: sessionText(id, infoClass.userName),
    domain: sessionText(id, infoClass.domainName),
    protocol: sessionInformation(id, infoClass.clientProtocolType)?.readUInt16LE(0) ?? 0,
  }));
}

/** The session at the screen; undefined while none is attached to it. */
export function consoleSession(): number | undefined {
  const id = kernel32().WTSGetActiveConsoleSessionId();
  return id === 0xffff_ffff ? undefined : id;
}

/** The session in which this process runs. @throws WindowsError */
export function ownSession(): number {
  const slot = dwordSlot();
  if (kernel32().ProcessIdToSessionId(process.pid, slot) === 0) throw lastError("ProcessIdToSessionId");
  return dwordIn(slot);
}

/** Programs that Windows starts as the user's own shell. */
const shells = new Set(["explorer.exe", "sihost.exe"]);

/**
 * The token of the session's shell, where WTSQueryUserToken is not permitted.
 * @returns undefined where no shell runs in the session
 * @throws WindowsError where there is one that may not be asked
 */
export function shellToken(session: number): TokenFacts | undefined {
  const shell = processesOf(session).find(({ name }) => shells.has(name.toLowerCase()));
  return shell === undefined ? undefined : processToken(shell.id);
}

/** WTS_PROCESS_INFOW, 64-bit layout: session at +0, process ID at +4, name at +8. */
const processRow = { length: 24, session: 0, id: 4, name: 8 } as const;

function processesOf(session: number): readonly { readonly id: number; readonly name: string }[] {
  const slot = pointerSlot();
  const count = dwordSlot();
  if (wtsapi32().WTSEnumerateProcessesW(thisServer, 0, 1, slot, count) === 0) throw lastError("WTSEnumerateProcessesW");
  const rows = pointerIn(slot);
  try {
    return Array.from({ length: dwordIn(count) }, (_, index) => index * processRow.length)
      .filter((row) => ffi().getUint32(rows, row + processRow.session) === session)
      .map((row) => ({
        id: ffi().getUint32(rows, row + processRow.id),
        name: wideAt(ffi().getUint64(rows, row + processRow.name)),
      }));
  } finally {
    wtsapi32().WTSFreeMemory(rows);
  }
}

function sessionText(id: number, kind: number): string {
  const text = sessionInformation(id, kind)?.toString("utf16le") ?? "";
  const end = text.indexOf("\0");
  return end < 0 ? text : text.slice(0, end);
}

/** Undefined where the session has ended meanwhile, or does not tell. */
function sessionInformation(id: number, kind: number): Buffer | undefined {
  const slot = pointerSlot();
  const length = dwordSlot();
  if (wtsapi32().WTSQuerySessionInformationW(thisServer, id, kind, slot, length) === 0) return undefined;
  try {
    return bytesAt(pointerIn(slot), dwordIn(length));
  } finally {
    wtsapi32().WTSFreeMemory(pointerIn(slot));
  }
}

const netBios = 0;

/** The NetBIOS name of this machine, which stands as the domain of its own accounts. @throws WindowsError */
export function machineName(): string {
  const text = Buffer.alloc(512);
  const length = dwordSlot(text.length / 2);
  if (kernel32().GetComputerNameExW(netBios, text, length) === 0) throw lastError("GetComputerNameExW");
  return text.toString("utf16le", 0, 2 * dwordIn(length));
}

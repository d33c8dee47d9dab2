import { constants, layout } from "../../native-layout.ts";
import { owned } from "../../owned.ts";
import { kernel32 } from "../native/kernel32.ts";
import { ffi } from "../native/library.ts";
import { bytesAt, dwordIn, dwordSlot, pointerIn, pointerSlot, wideAt, wideText } from "../native/pointers.ts";
import { lastError, WindowsError, winError } from "../native/windows-error.ts";
import { wtsapi32 } from "../native/wtsapi32.ts";
import { type OpenToken, processToken, type TokenUse } from "./read-tokens.ts";
import { mayHoldPerson, parseSessionStates, type SessionRow, sessionInfo } from "./sessions.ts";

const { WTS_CURRENT_SERVER_HANDLE } = constants("wtsapi32.h", { WTS_CURRENT_SERVER_HANDLE: 0n });
const infoClass = constants("wtsapi32.h", {
  WTSUserName: 5,
  WTSWinStationName: 6,
  WTSDomainName: 7,
  WTSClientProtocolType: 16,
});

/** All sessions that this process may see. @throws WindowsError */
export function sessionRows(): readonly SessionRow[] {
  const slot = pointerSlot();
  const count = dwordSlot();
  if (wtsapi32().WTSEnumerateSessionsW(WTS_CURRENT_SERVER_HANDLE, 0, 1, slot, count) === 0)
    throw lastError("WTSEnumerateSessionsW");
  using rows = owned(pointerIn(slot), wtsapi32().WTSFreeMemory);
  return parseSessionStates(bytesAt(rows.handle, sessionInfo.size * dwordIn(count))).map(({ id, state }) => {
    // A session that a user may be in must name the user: no answer does not mean no user.
    const ask = mayHoldPerson(state) ? requiredInformation : optionalInformation;
    return {
      id,
      state,
      station: wideText(optionalInformation(id, infoClass.WTSWinStationName)),
      user: wideText(ask(id, infoClass.WTSUserName)),
      domain: wideText(ask(id, infoClass.WTSDomainName)),
      protocol: optionalInformation(id, infoClass.WTSClientProtocolType)?.readUInt16LE(0) ?? 0,
    };
  });
}

/** The session at the screen; undefined while none is attached to it. */
export function consoleSession(): number | undefined {
  const id = kernel32().WTSGetActiveConsoleSessionId();
  return id === 0xffff_ffff ? undefined : id;
}

/** The session in which this process runs. @throws WindowsError */
export const ownSession = (): number => sessionOfProcess(process.pid);

/** The session in which a process runs. @throws WindowsError */
export function sessionOfProcess(processId: number): number {
  const slot = dwordSlot();
  if (kernel32().ProcessIdToSessionId(processId, slot) === 0) throw lastError("ProcessIdToSessionId");
  return dwordIn(slot);
}

/** Programs that Windows starts as a user's shell. */
const shells = new Set(["explorer.exe", "sihost.exe"]);

/**
 * The token of the session's shell, where WTSQueryUserToken is not permitted.
 * @returns undefined if no shell runs in the session
 * @throws WindowsError where there is one that may not be asked
 */
export function shellToken(session: number, use: TokenUse): OpenToken | undefined {
  const shell = processesOf(session).find(({ name }) => shells.has(name.toLowerCase()));
  return shell && processToken(shell.id, use);
}

const processInfo = layout("wtsapi32.h", "WTS_PROCESS_INFOW", 24, {
  SessionId: [0, "u32"],
  ProcessId: [4, "u32"],
  pProcessName: [8, "pointer"],
});

function processesOf(session: number): readonly { readonly id: number; readonly name: string }[] {
  const slot = pointerSlot();
  const count = dwordSlot();
  if (wtsapi32().WTSEnumerateProcessesW(WTS_CURRENT_SERVER_HANDLE, 0, 1, slot, count) === 0)
    throw lastError("WTSEnumerateProcessesW");
  using rows = owned(pointerIn(slot), wtsapi32().WTSFreeMemory);
  return Array.from({ length: dwordIn(count) }, (_, index) => rows.handle + BigInt(index * processInfo.size))
    .filter((row) => ffi().getUint32(row, processInfo.at.SessionId) === session)
    .map((row) => ({
      id: ffi().getUint32(row, processInfo.at.ProcessId),
      name: wideAt(ffi().getUint64(row, processInfo.at.pProcessName)),
    }));
}

/** The session has ended meanwhile, or a plain user may not read it; this occurs only for plain users. */
const noInformation: readonly number[] = [
  winError.ERROR_FILE_NOT_FOUND,
  winError.ERROR_CTX_WINSTATION_NOT_FOUND,
  winError.ERROR_ACCESS_DENIED,
];

/** @throws WindowsError */
function requiredInformation(id: number, kind: number): Buffer | undefined {
  const answer = sessionInformation(id, kind);
  if (!(answer instanceof WindowsError)) return answer;
  if (noInformation.includes(answer.status)) return undefined;
  throw answer;
}

/** Undefined if the session does not say. */
function optionalInformation(id: number, kind: number): Buffer | undefined {
  const answer = sessionInformation(id, kind);
  return answer instanceof WindowsError ? undefined : answer;
}

function sessionInformation(id: number, kind: number): Buffer | WindowsError {
  const slot = pointerSlot();
  const length = dwordSlot();
  if (wtsapi32().WTSQuerySessionInformationW(WTS_CURRENT_SERVER_HANDLE, id, kind, slot, length) === 0) {
    return lastError("WTSQuerySessionInformationW");
  }
  using information = owned(pointerIn(slot), wtsapi32().WTSFreeMemory);
  return bytesAt(information.handle, dwordIn(length));
}

const { ComputerNameNetBIOS } = constants("sysinfoapi.h", { ComputerNameNetBIOS: 0 });

/** The NetBIOS name of this machine, the domain of its local accounts. @throws WindowsError */
export function machineName(): string {
  const text = Buffer.alloc(512);
  const length = dwordSlot(text.length / 2);
  if (kernel32().GetComputerNameExW(ComputerNameNetBIOS, text, length) === 0) throw lastError("GetComputerNameExW");
  return text.toString("utf16le", 0, 2 * dwordIn(length));
}

import { kernel32 } from "./kernel32.ts";

/** A call of Windows that failed; kept as the `cause` of the program's own error. */
export class WindowsError extends Error {
  /** The function that was called. */
  readonly call: string;
  /** Its status: a Win32 error code, or an NTSTATUS above 0xC0000000. */
  readonly status: number;

  constructor(call: string, status: number) {
    super(`${call} failed with Windows error ${status > 0xffff ? `0x${status.toString(16)}` : status}`);
    this.name = "WindowsError";
    this.call = call;
    this.status = status;
  }
}

/** Must be called right after the function that failed: any other call may replace the error. */
export function lastError(call: string): WindowsError {
  return new WindowsError(call, kernel32().GetLastError());
}

/** Win32 error codes that are told apart, winerror.h. */
export const winError = {
  fileNotFound: 2,
  pathNotFound: 3,
  accessDenied: 5,
  noMoreFiles: 18,
  sharingViolation: 32,
  lockViolation: 33,
  insufficientBuffer: 122,
  alreadyExists: 183,
  moreData: 234,
  noMoreItems: 259,
  noneMapped: 1332,
  /** ERROR_CTX_WINSTATION_NOT_FOUND */
  noSuchSession: 7022,
} as const;

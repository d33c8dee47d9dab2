import { constants } from "../../native-layout.ts";
import { kernel32 } from "./kernel32.ts";

/** A call of Windows that failed; kept as the `cause` of the program's own error. */
export class WindowsError extends Error {
  /** The function that was called. */
  readonly call: string;
  /** Its status: a Win32 error code, or an NTSTATUS above 0xC0000000. */
  readonly status: number;

  constructor(call: string, status: number) {
    const unsigned = status >>> 0;
    super(`${call} failed with Windows error ${unsigned > 0xffff ? `0x${unsigned.toString(16)}` : unsigned}`);
    this.name = "WindowsError";
    this.call = call;
    this.status = unsigned;
  }
}

/** Must be called right after the function that failed: any other call may replace the error. */
export const lastError = (call: string): WindowsError => new WindowsError(call, kernel32().GetLastError());

/** Win32 error codes. */
export const winError = constants("winerror.h", {
  ERROR_FILE_NOT_FOUND: 2,
  ERROR_PATH_NOT_FOUND: 3,
  ERROR_ACCESS_DENIED: 5,
  ERROR_INVALID_DATA: 13,
  ERROR_SHARING_VIOLATION: 32,
  ERROR_LOCK_VIOLATION: 33,
  ERROR_BUFFER_OVERFLOW: 111,
  ERROR_INSUFFICIENT_BUFFER: 122,
  ERROR_ALREADY_EXISTS: 183,
  ERROR_NO_DATA: 232,
  ERROR_MORE_DATA: 234,
  ERROR_NO_MORE_ITEMS: 259,
  ERROR_NONE_MAPPED: 1332,
  /** The session has ended. */
  ERROR_CTX_WINSTATION_NOT_FOUND: 7022,
});

/** Another program has the file open and does not share these rights. */
export const isSharingViolation = (error: unknown): boolean =>
  error instanceof WindowsError && error.status === winError.ERROR_SHARING_VIOLATION;

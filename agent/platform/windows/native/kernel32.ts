import { constants } from "../../native-layout.ts";
import { type Owned, owned } from "../../owned.ts";
import { kernel32File, library } from "./library.ts";

/** The process itself, files and the firmware. */
export const kernel32 = library(
  kernel32File,
  `
  DWORD GetLastError(void);
  HLOCAL LocalFree(HLOCAL hMem);
  HGLOBAL GlobalFree(HGLOBAL hMem);
  BOOL CloseHandle(HANDLE hObject);
  HANDLE GetCurrentProcess(void);
  BOOL TerminateProcess(HANDLE hProcess, UINT uExitCode);
  HANDLE OpenProcess(DWORD dwDesiredAccess, BOOL bInheritHandle, DWORD dwProcessId);
  BOOL ProcessIdToSessionId(DWORD dwProcessId, DWORD *pSessionId);
  BOOL GetComputerNameExW(ULONG NameType, LPWSTR lpBuffer, LPDWORD nSize);
  DWORD WTSGetActiveConsoleSessionId(void);
  UINT GetSystemFirmwareTable(DWORD FirmwareTableProviderSignature, DWORD FirmwareTableID,
    PVOID pFirmwareTableBuffer, DWORD BufferSize);
  HANDLE CreateFileW(LPCWSTR lpFileName, DWORD dwDesiredAccess, DWORD dwShareMode,
    LPSECURITY_ATTRIBUTES lpSecurityAttributes, DWORD dwCreationDisposition, DWORD dwFlagsAndAttributes,
    HANDLE hTemplateFile);
  BOOL GetFileInformationByHandle(HANDLE hFile, LPBY_HANDLE_FILE_INFORMATION lpFileInformation);
  BOOL CreateDirectoryW(LPCWSTR lpPathName, LPSECURITY_ATTRIBUTES lpSecurityAttributes);
  BOOL ReadFile(HANDLE hFile, LPVOID lpBuffer, DWORD nNumberOfBytesToRead, LPDWORD lpNumberOfBytesRead,
    LPOVERLAPPED lpOverlapped);
  BOOL WriteFile(HANDLE hFile, LPCVOID lpBuffer, DWORD nNumberOfBytesToWrite, LPDWORD lpNumberOfBytesWritten,
    LPOVERLAPPED lpOverlapped);
  BOOL FlushFileBuffers(HANDLE hFile);
  BOOL DeleteFileW(LPCWSTR lpFileName);
  BOOL MoveFileExW(LPCWSTR lpExistingFileName, LPCWSTR lpNewFileName, DWORD dwFlags);
  int MultiByteToWideChar(UINT CodePage, DWORD dwFlags, LPCSTR lpMultiByteStr, int cbMultiByte,
    LPWSTR lpWideCharStr, int cchWideChar);
  BOOL LockFileEx(HANDLE hFile, DWORD dwFlags, DWORD dwReserved, DWORD nNumberOfBytesToLockLow,
    DWORD nNumberOfBytesToLockHigh, LPOVERLAPPED lpOverlapped);
`,
);

/** CreateFileW's return value for a failure. */
export const { INVALID_HANDLE_VALUE } = constants("handleapi.h", { INVALID_HANDLE_VALUE: 0xffff_ffff_ffff_ffffn });
/** A handle of the kernel's: of a file, a process or a token. */
export const ownHandle = (handle: bigint): Owned => owned(handle, kernel32().CloseHandle);

/** Rights of an open file. */
export const fileAccess = constants("winnt.h", {
  GENERIC_READ: 0x8000_0000,
  GENERIC_WRITE: 0x4000_0000,
  READ_CONTROL: 0x0002_0000,
});
/** The access that others have meanwhile. */
export const fileShare = constants("winnt.h", { FILE_SHARE_READ: 1, FILE_SHARE_WRITE: 2, FILE_SHARE_DELETE: 4 });
export const { FILE_ATTRIBUTE_NORMAL } = constants("winnt.h", { FILE_ATTRIBUTE_NORMAL: 0x80 });

import { once } from "../../../once.ts";
import { constants } from "../../native-layout.ts";
import { library } from "./library.ts";

/**
 * The process itself, files and the firmware. The only library by its bare name: every Windows process has loaded it
 * before its first instruction, so no folder is searched.
 */
export const kernel32 = library(
  "kernel32.dll",
  {
    // UINT GetSystemDirectoryW(LPWSTR lpBuffer, UINT uSize)
    GetSystemDirectoryW: { arguments: ["pointer", "uint32"], return: "uint32" },
    // DWORD GetLastError(void)
    GetLastError: { arguments: [], return: "uint32" },
    // HLOCAL LocalFree(HLOCAL hMem)
    LocalFree: { arguments: ["uint64"], return: "uint64" },
    // HGLOBAL GlobalFree(HGLOBAL hMem)
    GlobalFree: { arguments: ["uint64"], return: "uint64" },
    // BOOL CloseHandle(HANDLE hObject)
    CloseHandle: { arguments: ["uint64"], return: "int32" },
    // HANDLE GetCurrentProcess(void)
    GetCurrentProcess: { arguments: [], return: "uint64" },
    // BOOL TerminateProcess(HANDLE hProcess, UINT uExitCode)
    TerminateProcess: { arguments: ["uint64", "uint32"], return: "int32" },
    // HANDLE OpenProcess(DWORD dwDesiredAccess, BOOL bInheritHandle, DWORD dwProcessId)
    OpenProcess: { arguments: ["uint32", "int32", "uint32"], return: "uint64" },
    // BOOL ProcessIdToSessionId(DWORD dwProcessId, DWORD *pSessionId)
    ProcessIdToSessionId: { arguments: ["uint32", "pointer"], return: "int32" },
    // BOOL GetComputerNameExW(COMPUTER_NAME_FORMAT NameType, LPWSTR lpBuffer, LPDWORD nSize)
    GetComputerNameExW: { arguments: ["uint32", "pointer", "pointer"], return: "int32" },
    // DWORD WTSGetActiveConsoleSessionId(void)
    WTSGetActiveConsoleSessionId: { arguments: [], return: "uint32" },
    // UINT GetSystemFirmwareTable(DWORD FirmwareTableProviderSignature, DWORD FirmwareTableID, PVOID pFirmwareTableBuffer, DWORD BufferSize)
    GetSystemFirmwareTable: { arguments: ["uint32", "uint32", "pointer", "uint32"], return: "uint32" },
    // HANDLE CreateFileW(LPCWSTR lpFileName, DWORD dwDesiredAccess, DWORD dwShareMode, LPSECURITY_ATTRIBUTES lpSecurityAttributes, DWORD dwCreationDisposition, DWORD dwFlagsAndAttributes, HANDLE hTemplateFile)
    CreateFileW: {
      arguments: ["pointer", "uint32", "uint32", "pointer", "uint32", "uint32", "uint64"],
      return: "uint64",
    },
    // BOOL GetFileInformationByHandle(HANDLE hFile, LPBY_HANDLE_FILE_INFORMATION lpFileInformation)
    GetFileInformationByHandle: { arguments: ["uint64", "pointer"], return: "int32" },
    // BOOL CreateDirectoryW(LPCWSTR lpPathName, LPSECURITY_ATTRIBUTES lpSecurityAttributes)
    CreateDirectoryW: { arguments: ["pointer", "pointer"], return: "int32" },
    // BOOL ReadFile(HANDLE hFile, LPVOID lpBuffer, DWORD nNumberOfBytesToRead, LPDWORD lpNumberOfBytesRead, LPOVERLAPPED lpOverlapped)
    ReadFile: { arguments: ["uint64", "pointer", "uint32", "pointer", "pointer"], return: "int32" },
    // BOOL WriteFile(HANDLE hFile, LPCVOID lpBuffer, DWORD nNumberOfBytesToWrite, LPDWORD lpNumberOfBytesWritten, LPOVERLAPPED lpOverlapped)
    WriteFile: { arguments: ["uint64", "pointer", "uint32", "pointer", "pointer"], return: "int32" },
    // BOOL FlushFileBuffers(HANDLE hFile)
    FlushFileBuffers: { arguments: ["uint64"], return: "int32" },
    // BOOL DeleteFileW(LPCWSTR lpFileName)
    DeleteFileW: { arguments: ["pointer"], return: "int32" },
    // BOOL MoveFileExW(LPCWSTR lpExistingFileName, LPCWSTR lpNewFileName, DWORD dwFlags)
    MoveFileExW: { arguments: ["pointer", "pointer", "uint32"], return: "int32" },
    // int MultiByteToWideChar(UINT CodePage, DWORD dwFlags, LPCSTR lpMultiByteStr, int cbMultiByte, LPWSTR lpWideCharStr, int cchWideChar)
    MultiByteToWideChar: { arguments: ["uint32", "uint32", "pointer", "int32", "pointer", "int32"], return: "int32" },
    // BOOL LockFileEx(HANDLE hFile, DWORD dwFlags, DWORD dwReserved, DWORD nNumberOfBytesToLockLow, DWORD nNumberOfBytesToLockHigh, LPOVERLAPPED lpOverlapped)
    LockFileEx: { arguments: ["uint64", "uint32", "uint32", "uint32", "uint32", "pointer"], return: "int32" },
  },
  (file) => file,
);

/** CreateFileW's return value for a failure. */
export const { INVALID_HANDLE_VALUE } = constants("handleapi.h", { INVALID_HANDLE_VALUE: 0xffff_ffff_ffff_ffffn });
/** Rights of an open file. */
export const fileAccess = constants("winnt.h", {
  GENERIC_READ: 0x8000_0000,
  GENERIC_WRITE: 0x4000_0000,
  READ_CONTROL: 0x0002_0000,
});
/** The access that others have meanwhile. */
export const fileShare = constants("winnt.h", { FILE_SHARE_READ: 1, FILE_SHARE_WRITE: 2, FILE_SHARE_DELETE: 4 });
export const { FILE_ATTRIBUTE_NORMAL } = constants("winnt.h", { FILE_ATTRIBUTE_NORMAL: 0x80 });

/** `C:\Windows\System32` from the system, not from the environment. */
export const systemDirectory = once(() => {
  const room = Buffer.alloc(520);
  const length = kernel32().GetSystemDirectoryW(room, room.length / 2);
  if (length === 0 || length >= room.length / 2) throw new Error("GetSystemDirectoryW returned no folder");
  return room.toString("utf16le", 0, length * 2);
});

import { kernel32 } from "../native/kernel32.ts";
import { lastError } from "../native/windows-error.ts";

/** Signature of the SMBIOS provider: the characters `RSMB`. */
const smbiosProvider = 0x52534d42;

/** The SMBIOS tables as the firmware left them (RawSMBIOSData). @throws WindowsError */
export function smbiosTable(): Buffer {
  const length = kernel32().GetSystemFirmwareTable(smbiosProvider, 0, null, 0);
  if (length === 0) throw lastError("GetSystemFirmwareTable");
  const table = Buffer.alloc(length);
  if (kernel32().GetSystemFirmwareTable(smbiosProvider, 0, table, length) !== length) {
    throw lastError("GetSystemFirmwareTable");
  }
  return table;
}

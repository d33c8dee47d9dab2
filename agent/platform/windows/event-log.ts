import { owned } from "../owned.ts";
import type { EventKind } from "../port.ts";
import { eventRecord, eventSource, supportedTypes } from "./event-table.ts";
import { advapi32 } from "./native/advapi32.ts";
import { addressOf, dwordSlot, pointerIn, pointerSlot, wide } from "./native/pointers.ts";
import { lastError, WindowsError, winError } from "./native/windows-error.ts";
import { HKEY_LOCAL_MACHINE, keyAccess, readMachineKey } from "./read-registry.ts";
import { registryType, valueIn } from "./registry-values.ts";

/** Writes one event to the log `Application`. @throws WindowsError */
export function reportEvent(kind: EventKind, message: string): void {
  const { id, type, text } = eventRecord(kind, message);
  using source = owned(advapi32().RegisterEventSourceW(null, wide(eventSource)), advapi32().DeregisterEventSource);
  const { handle } = source;
  if (handle === 0n) throw lastError("RegisterEventSourceW");
  const string = wide(text);
  const strings = Buffer.alloc(8);
  strings.writeBigUInt64LE(addressOf(string));
  if (advapi32().ReportEventW(handle, type, 0, id, null, 1, 0, strings, null) === 0) throw lastError("ReportEventW");
}

const sourceKey = `SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\${eventSource}`;

/** Part of every Windows; its messages 1 to 1000 are `%1`, any text. */
const messageFile = "%SystemRoot%\\System32\\EventCreate.exe";

/** Whether {@link registerEventSource} was done. @throws WindowsError */
export function isEventSourceRegistered(): boolean {
  const key = readMachineKey(sourceKey);
  return ["EventMessageFile", "TypesSupported"].every((name) => valueIn(key, name) !== undefined);
}

/** Registers the source, so that the viewer shows the texts; needs an administrator. @throws WindowsError */
export function registerEventSource(): void {
  const slot = pointerSlot();
  const created = advapi32().RegCreateKeyExW(
    HKEY_LOCAL_MACHINE,
    wide(sourceKey),
    0,
    null,
    0,
    keyAccess.KEY_WRITE | keyAccess.KEY_WOW64_64KEY,
    null,
    slot,
    null,
  );
  if (created !== 0) throw new WindowsError("RegCreateKeyExW", created);
  using key = owned(pointerIn(slot), advapi32().RegCloseKey);
  setValue(key.handle, "EventMessageFile", registryType.REG_EXPAND_SZ, wide(messageFile));
  setValue(key.handle, "TypesSupported", registryType.REG_DWORD, dwordSlot(supportedTypes));
}

function setValue(key: bigint, name: string, type: number, data: Buffer): void {
  const status = advapi32().RegSetValueExW(key, wide(name), 0, type, data, data.length);
  if (status !== 0) throw new WindowsError("RegSetValueExW", status);
}

/** Reverses {@link registerEventSource}; does nothing where the source is not registered. @throws WindowsError */
export function removeEventSource(): void {
  const status = advapi32().RegDeleteTreeW(HKEY_LOCAL_MACHINE, wide(sourceKey));
  if (status !== 0 && status !== winError.ERROR_FILE_NOT_FOUND) throw new WindowsError("RegDeleteTreeW", status);
}

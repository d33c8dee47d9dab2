import type { EventKind } from "../port.ts";
import { eventRecord, eventSource } from "./events.ts";
import { advapi32 } from "./native/advapi32.ts";
import { addressOf, dwordSlot, pointerIn, pointerSlot, wide } from "./native/memory.ts";
import { lastError, WindowsError, winError } from "./native/windows-error.ts";
import { readMachineKey } from "./read-registry.ts";

/** Writes one event to the log `Application`. @throws WindowsError */
export function reportEvent(kind: EventKind, message: string): void {
  const { id, type, text } = eventRecord(kind, message);
  const source = advapi32().RegisterEventSourceW(null, wide(eventSource));
  if (source === 0n) throw lastError("RegisterEventSourceW");
  try {
    const string = wide(text);
    const strings = Buffer.alloc(8);
    strings.writeBigUInt64LE(addressOf(string));
    if (advapi32().ReportEventW(source, type, 0, id, null, 1, 0, strings, null) === 0) throw lastError("ReportEventW");
  } finally {
    advapi32().DeregisterEventSource(source);
  }
}

const localMachine = 0xffff_ffff_8000_0002n;
const sourceKey = `SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\${eventSource}`;
const keyWrite = 0x2_0006;
const wow64Key = 0x0100;
const expandString = 2;
const dword = 4;

/** Any text as it is: every Windows has this program, whose messages 1 to 1000 are `%1`. */
const messageFile = "%SystemRoot%\\System32\\EventCreate.exe";
const errorWarningAndInformation = 7;

/** Whether {@link registerEventSource} was done. @throws WindowsError */
export function isEventSourceRegistered(): boolean {
  const names = readMachineKey(sourceKey)?.values.map(({ name }) => name.toLowerCase()) ?? [];
  return ["eventmessagefile", "typessupported"].every((name) => names.includes(name));
}

/** Makes the source known, so that the viewer shows the texts; needs an administrator. @throws WindowsError */
export function registerEventSource(): void {
  const slot = pointerSlot();
  const created = advapi32().RegCreateKeyExW(
    localMachine,
    wide(sourceKey),
    0,
    null,
    0,
    keyWrite | wow64Key,
    null,
    slot,
    null,
  );
  if (created !== 0) throw new WindowsError("RegCreateKeyExW", created);
  const key = pointerIn(slot);
  try {
    setValue(key, "EventMessageFile", expandString, wide(messageFile));
    setValue(key, "TypesSupported", dword, dwordSlot(errorWarningAndInformation));
  } finally {
    advapi32().RegCloseKey(key);
  }
}

function setValue(key: bigint, name: string, type: number, data: Buffer): void {
  const status = advapi32().RegSetValueExW(key, wide(name), 0, type, data, data.length);
  if (status !== 0) throw new WindowsError("RegSetValueExW", status);
}

/** Takes {@link registerEventSource} back; nothing to do where the source is not known. @throws WindowsError */
export function removeEventSource(): void {
  const status = advapi32().RegDeleteTreeW(localMachine, wide(sourceKey));
  if (status !== 0 && status !== winError.fileNotFound) throw new WindowsError("RegDeleteTreeW", status);
}

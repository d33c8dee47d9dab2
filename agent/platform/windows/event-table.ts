import { exitCodes } from "../../exit-codes.ts";
import { printable } from "../../printable.ts";
import { severityOf } from "../event-severity.ts";
import { constants } from "../native-layout.ts";
import type { EventKind } from "../port.ts";

/** The source of the program's events in the log `Application`. */
export const eventSource = "LinkUserAgent";

const { "dry-run": _never, ...withoutDryRun } = exitCodes;

/**
 * Event IDs; those of failures are the exit codes. Windows' own message file shows IDs from 1 to 1000. CONTRACT:
 * monitoring filters by them.
 */
export const eventIds: Readonly<Record<EventKind, number>> = {
  ...withoutDryRun,
  linked: 1,
  "already-linked": 2,
  skipped: 3,
  warning: 100,
};

const types = constants("winnt.h", {
  EVENTLOG_ERROR_TYPE: 1,
  EVENTLOG_WARNING_TYPE: 2,
  EVENTLOG_INFORMATION_TYPE: 4,
});
const eventTypes = {
  error: types.EVENTLOG_ERROR_TYPE,
  warning: types.EVENTLOG_WARNING_TYPE,
  information: types.EVENTLOG_INFORMATION_TYPE,
} as const;
/** The kinds of event that the source `LinkUserAgent` writes: errors, warnings and information. */
export const supportedTypes = eventTypes.error | eventTypes.warning | eventTypes.information;

/** Longest text, in code points: half of the UTF-16 units that ReportEventW takes. */
const maxText = 15_919;

/** The text for one outcome or warning: one line, without control characters. */
export function eventRecord(kind: EventKind, message: string) {
  return { id: eventIds[kind], type: eventTypes[severityOf(kind)], text: printable(message, maxText) };
}

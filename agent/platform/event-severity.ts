import type { EventKind } from "./port.ts";

/** Outcomes that are no failure of this machine; the others are errors, but for those that the next run may mend. */
const informational: ReadonlySet<EventKind> = new Set(["linked", "already-linked", "skipped", "waiting"]);
const passing: ReadonlySet<EventKind> = new Set(["warning", "no-user", "unreachable", "rate-limited"]);

/** How an event log should rank what it is told. */
export function severityOf(kind: EventKind): "error" | "warning" | "information" {
  if (informational.has(kind)) return "information";
  return passing.has(kind) ? "warning" : "error";
}

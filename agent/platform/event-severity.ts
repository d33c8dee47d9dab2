import type { EventKind } from "./port.ts";

/** Outcomes that are no failure of this machine. */
const informational: ReadonlySet<EventKind> = new Set(["linked", "already-linked", "skipped", "waiting"]);
/** Failures that the next run may not meet. All others are errors. */
const passing: ReadonlySet<EventKind> = new Set(["warning", "no-user", "unreachable", "rate-limited"]);

export function severityOf(kind: EventKind): "error" | "warning" | "information" {
  if (informational.has(kind)) return "information";
  return passing.has(kind) ? "warning" : "error";
}

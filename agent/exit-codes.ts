import type { FailureOutcome } from "./errors.ts";

/** The ways in which a run can end well. CONTRACT. */
export type SuccessOutcome = "linked" | "already-linked" | "skipped" | "dry-run";
export type Outcome = SuccessOutcome | FailureOutcome;

/** Numbers of BSD's sysexits.h, so that a script, a scheduled task or systemd can distinguish failures. */
export const exitCodes: Readonly<Record<Outcome, number>> = {
  linked: 0,
  "already-linked": 0,
  skipped: 0,
  "dry-run": 0,
  usage: 64,
  "request-rejected": 65,
  "no-user": 67,
  "device-unknown": 68,
  unreachable: 69,
  internal: 70,
  "rate-limited": 75,
  waiting: 75,
  protocol: 76,
  credentials: 77,
  "config-invalid": 78,
};

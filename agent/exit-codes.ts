/**
 * How a run can end, from the user's point of view. CONTRACT: the names and their meaning are public and never change.
 * Numbers of BSD's sysexits.h, so that a script, a scheduled task or systemd can distinguish failures.
 */
export const exitCodes = {
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
} as const;

export type Outcome = keyof typeof exitCodes;
export type FailureOutcome = Exclude<Outcome, "linked" | "already-linked" | "skipped" | "dry-run">;

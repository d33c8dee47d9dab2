import { day } from "../../duration.ts";
import type { Outcome } from "../../exit-codes.ts";
import type { LastRun } from "../../link/memory.ts";
import type { Platform } from "../../platform/port.ts";

/** Writes one run's events to the system's event log. */
export interface EventReport {
  warn(message: string): void;
  end(outcome: Outcome, errorCode: string | undefined, message: string): void;
}

interface Circumstances {
  /** Whether a trigger starts the run every quarter of an hour, 96 times a day. */
  readonly willRepeat: boolean;
  /** Of use only where `willRepeat` is set. */
  readonly previous: LastRun | undefined;
  /** Wall-clock milliseconds. */
  readonly now: () => number;
}

/**
 * A run that a person started writes every event at once. A trigger's run writes only news: a link, an outcome other
 * than the previous run's, and the first outcome of a day (UTC), each with its warnings.
 */
export function eventReport(
  { reportEvent }: Pick<Platform, "reportEvent">,
  { willRepeat, previous, now }: Circumstances,
): EventReport {
  const kept: string[] = [];
  const warn = (message: string): void => void reportEvent("warning", message);
  const isOld = (outcome: Outcome, errorCode: string | undefined): boolean =>
    previous?.outcome === outcome &&
    previous.errorCode === (errorCode ?? null) &&
    dayOf(previous.endedAt) === dayOf(now());
  return {
    warn: willRepeat ? (message) => void kept.push(message) : warn,
    end: (outcome, errorCode, message) => {
      if (outcome === "dry-run") return;
      if (willRepeat && outcome !== "linked" && isOld(outcome, errorCode)) return;
      kept.forEach(warn);
      reportEvent(outcome, message);
    },
  };
}

const dayOf = (time: number): number => Math.floor(time / day);

import { day } from "../../duration.ts";
import type { Outcome } from "../../exit-codes.ts";
import type { LastRun } from "../../link/memory.ts";
import type { Platform } from "../../platform/port.ts";

/** What the system's event log is told of one run. */
export interface EventReport {
  warn(message: string): void;
  end(outcome: Outcome, errorCode: string | undefined, message: string): void;
}

interface Circumstances {
  /** Whether a trigger starts the run every quarter of an hour, 96 times a day. */
  readonly willRepeat: boolean;
  readonly previous: LastRun | undefined;
  /** Wall-clock milliseconds. */
  readonly now: () => number;
}

/**
 * Tells of a person's run all of it, as it comes. Of a trigger's only what is news: another end than that of the run
 * before it, a link, and the first end of a day (UTC), with the warnings on the way to it.
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

/** Time as a parameter: real in `main.ts`, virtual in tests. */
export interface Clock {
  /** Wall-clock milliseconds since the epoch; may jump. */
  now(): number;
  /** Milliseconds from an arbitrary start; never goes back. */
  monotonic(): number;
  /** Waits; resolves early when the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** Wall-clock milliseconds before which this program was not yet made; a clock that shows less is wrong. */
export const madeAfter = Date.UTC(2026, 10, 1);

import type { Clock } from "../clock.ts";

/** Waits for work at most `limit` milliseconds; a late result is ignored, and that of `late` is used. */
export async function bounded<T>(work: Promise<T>, limit: number, clock: Clock, late: () => T): Promise<T> {
  const done = new AbortController();
  try {
    return await Promise.race([work, clock.sleep(limit, done.signal).then(late)]);
  } finally {
    done.abort();
  }
}

import type { Clock } from "../clock.ts";

/**
 * Waits for work no longer than `limit` milliseconds; what is late goes on unheard, and `late` says what to take
 * instead.
 */
export async function bounded<T>(work: Promise<T>, limit: number, clock: Clock, late: () => T): Promise<T> {
  const done = new AbortController();
  try {
    return await Promise.race([work, clock.sleep(limit, done.signal).then(late)]);
  } finally {
    done.abort();
  }
}

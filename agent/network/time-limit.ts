import { describeDuration } from "../duration.ts";

/**
 * Where does a time limit apply? A limit is an abort signal that all below it obey:
 *
 * | what | limit | set in |
 * | --- | --- | --- |
 * | a run | `deadline`, or a signal of the system | `wiring/` |
 * | one request, from the look-up of a name to the last byte | `requestTimeout`, or the request's own | `send.ts` |
 * | one of several routes | its share of what the request has | `try-routes.ts` |
 * | the head start of an address before the next is tried beside it | `addressHeadStart` | `dial.ts` |
 *
 * undici sets none: its own are switched off.
 */

/** The reason of a signal that {@link withTimeLimit} aborted. */
export class TimeLimitReached extends Error {
  /** Milliseconds. */
  readonly limit: number;

  constructor(limit: number) {
    super(`${limit} ms have passed`);
    this.limit = limit;
  }
}

/** `within 300 ms`, `within 30 s` */
export const describeLimit = ({ limit }: TimeLimitReached): string =>
  `within ${limit < 1000 ? `${Math.round(limit)} ms` : describeDuration(limit)}`;

/** Does work under a signal that is aborted by the caller's, and after so many milliseconds. */
export async function withTimeLimit<T>(
  limit: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new TimeLimitReached(limit)), limit);
  try {
    return await work(AbortSignal.any([signal, late.signal]));
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Fails with the signal's reason as soon as it is aborted; work that can't be stopped continues, and its result is
 * dropped.
 */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([aborted, work]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

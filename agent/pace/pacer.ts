import type { RateLimit } from "../settings/kinds.ts";

/**
 * When to try again. Everything here is pure: time, chance and memory come in, a decision goes out; what waits is in
 * `link/`. Times are wall-clock milliseconds since the epoch, lengths are milliseconds.
 */
export interface PaceContext {
  readonly now: number;
  /** Uniform in [0, 1); Math.random outside tests. */
  readonly random: () => number;
  /** Fixed for the device, uniform in [0, 1) over a fleet; chooses its slot. */
  readonly slot: number;
  readonly rateLimit: RateLimit;
  readonly fleetSize: number | undefined;
  readonly splay: number | undefined;
  readonly retryInitialDelay: number;
  readonly retryMaxDelay: number;
}

/** How a try ended, as far as its repetition is concerned. */
export type PaceEvent =
  /** 429. `notBefore`: wall-clock lower bound from the answer's headers, where they gave one. */
  | { readonly kind: "rate-limited"; readonly notBefore: number | undefined }
  /** 5xx, no connection, no answer: says nothing about the shared limit. */
  | { readonly kind: "transient" };

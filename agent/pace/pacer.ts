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
  /** Do not wait for the slot before the first try. */
  readonly immediate: boolean;
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

/** What is remembered between tries and between runs. */
export interface PaceMemory {
  readonly notBefore: number;
  readonly failures: number;
}

export interface Schedule {
  readonly memory: PaceMemory;
  readonly notBefore: number;
  /** For a person. */
  readonly reason: string;
}

const defaultSplay = 10 * 60_000;

export function begin(memory: unknown, context: PaceContext): Schedule {
  const { now, slot, immediate, fleetSize, splay, rateLimit } = context;
  const known = readPaceMemory(memory);
  if (immediate) return scheduled(now, 0, "starts at once");
  if (known !== undefined) return scheduled(known.notBefore, known.failures, "waits as the last try decided");
  const span = splay ?? (fleetSize === undefined ? defaultSplay : (fleetSize / rateLimit.calls) * rateLimit.period);
  return scheduled(now + slot * span, 0, "waits for this device's moment in the rollout");
}

export function after(schedule: Schedule, event: PaceEvent, context: PaceContext): Schedule {
  const { now, random, rateLimit, retryInitialDelay, retryMaxDelay } = context;
  const failures = schedule.memory.failures + 1;
  if (event.kind === "transient") {
    const limit = Math.min(retryMaxDelay, retryInitialDelay * 2 ** Math.min(30, failures - 1));
    return scheduled(now + random() * limit, failures, "tries again after a failure of the network or the server");
  }
  const reset = Math.max(event.notBefore ?? now, now);
  return scheduled(reset + random() * rateLimit.period, 0, "waits until the account's limit allows another call");
}

export function readPaceMemory(value: unknown): PaceMemory | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { notBefore, failures } = value as Record<string, unknown>;
  if (typeof notBefore !== "number" || typeof failures !== "number") return undefined;
  return { notBefore, failures };
}

/** FNV-1a over UTF-16 units, 32 bits, as a fraction. Source: draft-eastlake-fnv. */
export function slotOf(device: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < device.length; at++) hash = Math.imul(hash ^ device.charCodeAt(at), 0x01000193);
  return (hash >>> 0) / 2 ** 32;
}

function scheduled(notBefore: number, failures: number, reason: string): Schedule {
  return { memory: { notBefore, failures }, notBefore, reason };
}

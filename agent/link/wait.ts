import type { AgentError, ErrorCode } from "../errors.ts";
import { keep, type PaceContext, reconnected, type Schedule } from "../pace/pacer.ts";
import type { LinkPorts } from "./ports.ts";

/** Milliseconds between looks at the clock, which may have jumped, or stood still while the machine was suspended. */
const clockInterval = 30_000;
/** The same in an attended run, which shows a countdown. */
const countdownInterval = 1_000;
/** Milliseconds between writes of the time that the device was on; see `keep` in `pace/`. */
const keepInterval = 600_000;

/** Causes that a network does not end as soon as it comes back. */
const otherCauses: readonly ErrorCode[] = ["not-due", "too-many-requests", "server-error"];

export interface Waiting {
  /** What made the wait necessary. */
  readonly cause: AgentError;
  readonly context: () => PaceContext;
  readonly remember: (schedule: Schedule) => Promise<void>;
}

/**
 * Waits for the moment of the next attempt, or until the signal is aborted. A machine that was off part of the time waits
 * longer, and one whose network has come back shorter.
 * @returns the schedule as it is then
 */
export async function waitFor(
  schedule: Schedule,
  { cause, context, remember }: Waiting,
  { clock, countdown, log, addresses }: Pick<LinkPorts, "clock" | "countdown" | "log" | "addresses">,
  signal: AbortSignal,
): Promise<Schedule> {
  const networkIsBack = otherCauses.includes(cause.code) ? () => false : watchNetwork(addresses);
  let next = schedule;
  let keptAt = clock.monotonic();
  for (;;) {
    const left = next.notBefore - clock.now();
    if (left <= 0 || signal.aborted) break;
    countdown?.show(left, cause);
    await clock.sleep(Math.min(left, countdown === undefined ? clockInterval : countdownInterval), signal);
    if (networkIsBack()) {
      log.info("network-back", "the device has a new network address; the next attempt follows soon");
      next = reconnected(next, context());
    } else if (clock.monotonic() - keptAt >= keepInterval) {
      keptAt = clock.monotonic();
      next = keep(next, context());
      await remember(next);
    }
  }
  countdown?.erase();
  return next;
}

/** @returns whether a new address has come since the last call */
function watchNetwork(addresses: LinkPorts["addresses"]): () => boolean {
  let known = addresses();
  return () => {
    const before = known;
    known = addresses();
    return known.some((address) => !before.includes(address));
  };
}

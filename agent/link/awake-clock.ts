import type { Clock } from "../clock.ts";
import { awakeTime } from "../pace/online-time.ts";

/** How long the device has been awake in a run. */
export class AwakeClock {
  readonly #clock: Clock;
  #awake = 0;
  /** Both clocks at the last sign of life. */
  #last: { readonly now: number; readonly monotonic: number };

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#last = { now: clock.now(), monotonic: clock.monotonic() };
  }

  /** A sign of life. @returns ms since the start */
  seen(): number {
    const now = this.#clock.now();
    const monotonic = this.#clock.monotonic();
    this.#awake += awakeTime(now - this.#last.now, monotonic - this.#last.monotonic);
    this.#last = { now, monotonic };
    return this.#awake;
  }
}

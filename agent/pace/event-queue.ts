/** A queue of events by time: a binary heap over typed arrays, at most one event for each of `size` devices. */
export class EventQueue {
  readonly #times: Float64Array;
  readonly #devices: Int32Array;
  #length = 0;

  constructor(size: number) {
    this.#times = new Float64Array(size);
    this.#devices = new Int32Array(size);
  }

  /** The earliest event's time; undefined if there is none. */
  get time(): number | undefined {
    return this.#length === 0 ? undefined : this.#times[0];
  }

  push(time: number, device: number): void {
    let at = this.#length++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#timeOf(parent) <= time) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#put(at, time, device);
  }

  /** Takes the earliest event out and returns its device; undefined if there is none. */
  pop(): number | undefined {
    if (this.#length === 0) return undefined;
    const first = this.#devices[0];
    const last = --this.#length;
    const time = this.#timeOf(last);
    const device = this.#devices[last] as number;
    let at = 0;
    for (let child = 1; child < last; child = 2 * at + 1) {
      if (child + 1 < last && this.#timeOf(child + 1) < this.#timeOf(child)) child++;
      if (time <= this.#timeOf(child)) break;
      this.#move(child, at);
      at = child;
    }
    this.#put(at, time, device);
    return first;
  }

  #timeOf(at: number): number {
    return this.#times[at] as number;
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#timeOf(from), this.#devices[from] as number);
  }

  #put(at: number, time: number, device: number): void {
    this.#times[at] = time;
    this.#devices[at] = device;
  }
}

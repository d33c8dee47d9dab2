import { inspect } from "node:util";

const redacted = "REDACTED";

/** A string that can't be shown by accident: printed, logged, inspected or put into JSON it is `REDACTED`. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself; only for code that puts it into a request. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return redacted;
  }

  toJSON(): string {
    return redacted;
  }

  [inspect.custom](): string {
    return redacted;
  }
}

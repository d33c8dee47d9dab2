import type { Candidate } from "../identity/candidates.ts";

/** Who and what this device is, as found out for one try. */
export interface Identity {
  /** At least one, in the order in which they are tried. */
  readonly candidates: readonly Candidate[];
  /** All identifiers of the hardware, tried or not. */
  readonly hardware: readonly string[];
  readonly username: string;
  readonly group: string | undefined;
  /** Look-ups that failed without keeping the link from being made. */
  readonly warnings: readonly string[];
}

/** What the link is made under besides the identity. */
export interface LinkTarget {
  readonly tenant: string;
  readonly account: string | null;
}

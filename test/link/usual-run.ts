import { duration } from "../../agent/duration.ts";
import type { Candidate } from "../../agent/identity/device/candidates.ts";
import type { RememberedLink } from "../../agent/link/memory.ts";
import type { Identity, LinkOptions } from "../../agent/link/ports.ts";
import { settingsTable } from "../../agent/settings/table.ts";

/** The settings of a run where nothing is configured. */
export const usualSettings: LinkOptions["settings"] = {
  relinkAfter: duration("30d"),
  deadline: duration("8h"),
  rateLimit: settingsTable.rateLimit.fallback,
  fleetSize: undefined,
  splay: undefined,
  retryInitialDelay: duration("2s"),
  retryMaxDelay: duration("15m"),
};

export const candidate = (value: string): Candidate => ({ value, opt: 0, source: "mac", detail: "eth0", reason: "" });
export const first = candidate("00:0c:29:f2:7a:29");
export const second = candidate("00:1b:21:aa:bb:cc");
export const alice: Identity = {
  candidates: [first, second],
  hardware: [first.value, second.value],
  username: "alice",
  group: "Sales",
  warnings: [],
};
export const target = { tenant: "https://gears.opswat.com", account: "client-1" };

/** Alice's link, made at `linkedAt`. */
export const linkOfAlice = (linkedAt: number): RememberedLink => ({
  device: { value: first.value, opt: 0, source: "mac", detail: "eth0" },
  username: "alice",
  group: "Sales",
  ...target,
  linkedAt,
});

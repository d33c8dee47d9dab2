import { duration } from "../../agent/duration.ts";
import type { LinkOptions } from "../../agent/link/ports.ts";
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

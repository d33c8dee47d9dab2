import type { LogOnMeans } from "../../agent/network/proxy/log-on.ts";

/** With what a run logs on to proxies: by a user name alone, where the changes say nothing else. */
export const logOnMeans = (changes: Partial<LogOnMeans> = {}): LogOnMeans => ({
  mode: "auto",
  system: undefined,
  refused: new Map(),
  ...changes,
});

import type { LogOnPeer, SystemLogOn } from "../../agent/network/log-on/system-log-on.ts";
import type { ProxySources } from "../../agent/network/proxy/choice.ts";
import type { LogOnMeans } from "../../agent/network/proxy/log-on.ts";
import { absent } from "../../agent/reading.ts";

/** The credentials of a run for proxies: only a user name by default. */
export const logOnMeans = (changes: Partial<LogOnMeans> = {}): LogOnMeans => ({
  mode: "auto",
  system: undefined,
  failed: new Map(),
  now: () => 0,
  ...changes,
});

/** What names a run's proxies: nothing but the changes. */
export const proxySources = (changes: Partial<ProxySources> = {}): ProxySources => ({
  setting: "none",
  environment: {},
  systemProxy: async () => absent("test", "none"),
  byScript: async () => [],
  login: () => undefined,
  logOn: logOnMeans(),
  ...changes,
});

/** A system's log-on with an account, whose tokens are texts: one for each leg. */
export interface FakeSystem extends SystemLogOn {
  /** The targets of the log-ons. */
  readonly peers: readonly LogOnPeer[];
  /** What the peer's tokens said. */
  readonly heard: readonly string[];
  readonly closed: number;
}

/**
 * @param legs what is sent, leg by leg; the last one is followed by nothing
 * @param failure thrown in place of the leg of that number
 */
export function fakeSystem(
  legs: readonly string[],
  { schemes = ["Negotiate"], account = "PC1$@AD.TEST", failure, started }: FakeSystemOptions = {},
): FakeSystem {
  const peers: LogOnPeer[] = [];
  const heard: string[] = [];
  let closed = 0;
  return {
    schemes,
    peers,
    heard,
    get closed() {
      return closed;
    },
    start: async (peer) => {
      peers.push(peer);
      await started;
      let at = 0;
      return {
        account,
        step: async (token) => {
          if (token !== undefined) heard.push(token.toString());
          if (failure?.leg === at) throw failure.error;
          const text = legs[at++];
          return { token: text === undefined ? undefined : Buffer.from(text), complete: at > legs.length };
        },
        close: async () => {
          closed += 1;
        },
      };
    },
  };
}

interface FakeSystemOptions {
  readonly schemes?: SystemLogOn["schemes"];
  readonly account?: string | undefined;
  /** Until then no account is found. */
  readonly started?: Promise<void>;
  readonly failure?: { readonly leg: number; readonly error: Error };
}

import type { ConnectCallback } from "undici/lib/core/connect.js";
import { AgentError, type ErrorCode } from "../errors.ts";
import { networkFailure } from "./network-failure.ts";
import type { Way } from "./proxy/address.ts";

/** A socket or a client that is open. */
export interface Destroyable {
  destroy(reason: Error): void;
}

/** Takes one way. @param opened gets what is opened on it */
export type TakeWay = (way: Way, opened: Set<Destroyable>, taken: ConnectCallback) => void;

/** Failures to reach a proxy or a host, after which the next way is tried; what a proxy itself refuses is final. */
const unreached: readonly ErrorCode[] = ["name-not-resolved", "not-connected", "connection-lost"];

/**
 * Tries ways one after the other until one leads on.
 * @param ways at least one
 * @param parts.limit milliseconds after which a way is given up for the next
 * @param parts.host whom they are to reach, for messages
 * @param parts.open gets all that is open
 */
export function tryWays(
  [way = "direct", ...others]: readonly Way[],
  parts: {
    readonly limit: number;
    readonly host: string;
    readonly open: Set<Destroyable>;
    readonly take: TakeWay;
  },
  connected: ConnectCallback,
  before: readonly AgentError[] = [],
): void {
  const { limit, host, open, take } = parts;
  const done: ConnectCallback = (error, socket) => {
    const failure = error === null ? undefined : networkFailure(error, host);
    if (failure === undefined || !unreached.includes(failure.code)) connected(error, socket);
    else if (others.length > 0) tryWays(others, parts, connected, [...before, failure]);
    else connected(before.length === 0 ? error : withEarlier(failure, before));
  };
  if (others.length === 0) take(way, open, done);
  else within(limit, way === "direct" ? host : way.origin, open, (...rest) => take(way, ...rest), done);
}

function withEarlier(last: AgentError, before: readonly AgentError[]): AgentError {
  const earlier = before.map(({ message }) => message).join(" ");
  return new AgentError(last.code, `${last.message} Before that: ${earlier}`, { cause: last });
}

/**
 * Gives a way up after a time, with all that it has opened, so that one that is silent leaves time for the next.
 * @param peer whom it leads to, for the message
 * @param open all that is open; what the way opens is in it as one
 */
function within(
  limit: number,
  peer: string,
  open: Set<Destroyable>,
  take: (opened: Set<Destroyable>, taken: ConnectCallback) => void,
  done: ConnectCallback,
): void {
  const opened = new Set<Destroyable>();
  const all: Destroyable = {
    destroy: (reason) => {
      for (const one of opened) one.destroy(reason);
    },
  };
  open.add(all);
  let over = false;
  const timer = setTimeout(() => {
    const silent = new AgentError("not-connected", `No connection to ${peer} in time.`);
    over = true;
    all.destroy(silent);
    open.delete(all);
    done(silent);
  }, limit);
  take(opened, (error, socket) => {
    clearTimeout(timer);
    if (over) return;
    over = true;
    if (error !== null) open.delete(all);
    done(error, socket);
  });
}

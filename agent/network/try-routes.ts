import { AgentError, type ErrorCode } from "../errors.ts";
import type { Route } from "./proxy/address.ts";
import { withTimeLimit } from "./time-limit.ts";

/** Failures to reach a proxy or a host, after which the next route is tried; what a proxy itself refuses is final. */
const unreached: readonly ErrorCode[] = ["name-not-resolved", "not-connected", "connection-lost"];

/**
 * Tries routes one after the other until one works.
 * @param routes at least one
 * @param limit milliseconds for all of them; each but the last gets an equal part, so that a silent one leaves time for
 * the next
 * @throws AgentError of the last one, with those before it; what else `take` throws
 */
export async function tryRoutes<T>(
  routes: readonly Route[],
  limit: number,
  signal: AbortSignal,
  take: (route: Route, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const before: AgentError[] = [];
  for (const [at, route] of routes.entries()) {
    const isLast = at === routes.length - 1;
    try {
      if (isLast) return await take(route, signal);
      return await withTimeLimit(limit / routes.length, signal, (inTime) => take(route, inTime));
    } catch (thrown) {
      if (!(thrown instanceof AgentError) || !unreached.includes(thrown.code) || signal.aborted) throw thrown;
      if (isLast) throw withEarlier(thrown, before);
      before.push(thrown);
    }
  }
  throw new RangeError("no route is given");
}

function withEarlier(last: AgentError, before: readonly AgentError[]): AgentError {
  if (before.length === 0) return last;
  const earlier = before.map(({ message }) => message).join(" ");
  return new AgentError(last.code, `${last.message} Before that: ${earlier}`, { cause: last, place: last.place });
}

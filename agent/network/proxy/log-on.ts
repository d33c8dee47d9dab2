import { AgentError } from "../../errors.ts";
import { Secret } from "../../secret.ts";
import { type AuthenticationScheme, type Challenge, parseChallenges } from "../log-on/challenges.ts";
import { allowsUserName, decideLogOn, type ProxyAuth } from "../log-on/decide-log-on.ts";
import type { SystemLogOnExchange, SystemLogOnSource, SystemScheme } from "../log-on/system-log-on.ts";
import { openWithoutNtlm } from "../log-on/without-ntlm.ts";
import { endpointOf, type ProxyAddress, type ProxyLogin, revealed } from "./address.ts";

/** The credentials of a run for proxies. */
export interface LogOnMeans {
  readonly mode: ProxyAuth;
  /** Undefined if the system has none. */
  readonly system: SystemLogOnSource | undefined;
  /** Log-ons that a proxy refused in this run: a directory locks an account after a few. */
  readonly refused: Map<string, AgentError>;
  /** Called with each account of the system that a proxy accepted: `PC1$@EXAMPLE.COM (Negotiate)`. */
  readonly observe?: ((account: string) => void) | undefined;
}

/** A log-on at an HTTP proxy (RFC 9110 11.7), request by request. */
export interface LogOn {
  /** The value of `Proxy-Authorization` for the first request; undefined to send none. */
  readonly first: Secret | undefined;
  /** The scheme of the user name or account that was sent, and that a 407 refuses. */
  readonly sent: AuthenticationScheme | undefined;
  /** The last value of `next` answers a challenge, so it is good on the challenge's connection alone. */
  readonly answersChallenge: boolean;
  /**
   * The value for the next one, after a 407.
   * @param challenges the values of `Proxy-Authenticate`
   * @throws AgentError `proxy-refused` if nothing more can be said
   */
  next(challenges: readonly string[]): Promise<Secret>;
  /**
   * Ends the log-on after the proxy let this host through. Not every proxy proves itself then: TLS with the tenant
   * protects the content.
   * @param challenges as above: the proxy's last token
   * @throws AgentError `proxy-refused` if it is a wrong proof
   */
  accepted(challenges: readonly string[]): Promise<void>;
  /** Never fails. */
  close(): Promise<void>;
}

/** Requests of one log-on: NTLM takes two, SPNEGO up to three. */
const maxLegs = 5;

/**
 * @param target what the proxy is to reach, for messages
 * @param channelBinding of the connection to the proxy, where that is TLS
 */
export function startLogOn(
  proxy: ProxyAddress,
  target: string,
  means: LogOnMeans,
  channelBinding: () => Buffer | undefined = () => undefined,
): LogOn {
  const { host } = new URL(proxy.origin);
  const refused = (why: string): AgentError => {
    // As in a request without a log-on: a log-on that was not sent was not refused.
    const stage = sent === undefined ? "tunnel" : "proxy log-on";
    return new AgentError("proxy-refused", `The proxy ${host} ${why}.`, { place: { stage, party: "proxy" } });
  };
  const facts = { mode: means.mode, proxy, target, system: means.system?.schemes ?? [] };
  const first = proxy.login && allowsUserName(means.mode) ? basicAuthorization(proxy.login) : undefined;
  let sent: { scheme: AuthenticationScheme; account: string | undefined } | undefined;
  if (first !== undefined) sent = { scheme: "Basic", account: undefined };
  let running: { readonly scheme: SystemScheme; readonly exchange: SystemLogOnExchange } | undefined;
  let legs = 0;
  let answersChallenge = false;

  /** The proxy's token of the scheme that is spoken. */
  const tokenOf = (challenges: readonly Challenge[]): Buffer | undefined =>
    challenges.find(({ scheme }) => scheme === running?.scheme)?.token;

  async function start(scheme: SystemScheme): Promise<Secret> {
    if (means.system === undefined) throw new TypeError(`${scheme} without a system that speaks it`);
    const system = await openWithoutNtlm(means.system, ", or set proxyAuth to ntlm");
    const exchange = await system.start({ scheme, host: endpointOf(proxy).host, channelBinding: channelBinding() });
    running = { scheme, exchange };
    const { token } = await exchange.step(undefined);
    if (token === undefined) throw refused(`wants ${scheme} (status 407), for which this system made no token`);
    sent = { scheme, account: exchange.account };
    return authorizationOf(scheme, token);
  }

  /** The system's part of the log-on; its errors are reported as the proxy's refusal. */
  async function bySystem<T>(scheme: SystemScheme, work: Promise<T>): Promise<T> {
    return await work.catch((thrown: unknown) => {
      if (!(thrown instanceof AgentError) || thrown.place !== undefined) throw thrown;
      const { place } = refused("");
      const hasNone = thrown.code === "credentials-missing" && proxy.login === undefined && allowsUserName(means.mode);
      const otherwise = hasNone ? " Or put proxyUsername and proxyPassword into the credential file." : "";
      const message = `The proxy ${host} wants ${scheme} (status 407). ${thrown.message}${otherwise}`;
      throw new AgentError("proxy-refused", message, { cause: thrown, place });
    });
  }

  return {
    first,
    get sent() {
      return sent?.scheme;
    },
    get answersChallenge() {
      return answersChallenge;
    },
    async next(values) {
      const challenges = parseChallenges(values);
      const challenge = tokenOf(challenges);
      if (running !== undefined && challenge !== undefined && ++legs < maxLegs) {
        const { scheme, exchange } = running;
        const { token } = await bySystem(scheme, exchange.step(challenge));
        answersChallenge = token !== undefined;
        if (token !== undefined) return authorizationOf(scheme, token);
      }
      const decision = decideLogOn(challenges, { ...facts, sent });
      if (decision.kind === "refuse") throw refused(decision.why);
      return await bySystem(decision.scheme, start(decision.scheme));
    },
    async accepted(values) {
      if (running === undefined) return;
      const { scheme, exchange } = running;
      const proof = tokenOf(parseChallenges(values));
      if (proof !== undefined && !(await bySystem(scheme, exchange.step(proof))).complete) {
        throw refused(`let this host through before the log-on by ${scheme} was complete`);
      }
      means.observe?.(`${exchange.account ?? "an account without a name"} (${scheme})`);
    },
    async close() {
      await running?.exchange.close().catch(() => {});
    },
  };
}

const authorizationOf = (scheme: SystemScheme, token: Buffer): Secret =>
  new Secret(`${scheme} ${token.toString("base64")}`);

function basicAuthorization(login: ProxyLogin): Secret {
  const { username, password } = revealed(login);
  return new Secret(`Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`);
}

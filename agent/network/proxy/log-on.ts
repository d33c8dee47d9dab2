import { AgentError } from "../../errors.ts";
import { Secret } from "../../secret.ts";
import {
  type AuthenticationScheme,
  authorizationOf,
  type Challenge,
  maxLegs,
  parseChallenges,
} from "../log-on/challenges.ts";
import { allowsUserName, decideLogOn, type LogOnFacts, type ProxyAuth } from "../log-on/decide-log-on.ts";
import type { SystemLogOnExchange, SystemLogOnSource, SystemScheme } from "../log-on/system-log-on.ts";
import { openWithoutNtlm } from "../log-on/without-ntlm.ts";
import { endpointOf, type ProxyAddress, type ProxyLogin, revealed } from "./address.ts";
import type { FailedLogOn } from "./failed-log-on.ts";

/** The credentials of a run for proxies. */
export interface LogOnMeans {
  readonly mode: ProxyAuth;
  /** Undefined if the system has none. */
  readonly system: SystemLogOnSource | undefined;
  /** Failed log-ons of this run, by proxy and login. */
  readonly failed: Map<string, FailedLogOn>;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** Called with each account of the system that a proxy accepted: `PC1$@EXAMPLE.COM (Negotiate)`. */
  readonly observe?: ((account: string) => void) | undefined;
}

/** One request of a log-on. */
export interface ProxyLogOnLeg {
  /** It may go to another connection, and there once more; not so a user name, nor the answer to a challenge. */
  readonly isMovable: boolean;
  /**
   * Makes the value of `Proxy-Authorization`, bound to the connection of that time; undefined to send none.
   * @throws AgentError `proxy-refused`
   */
  readonly authorize: () => Promise<Secret | undefined>;
}

/** A log-on at an HTTP proxy (RFC 9110 11.7), request by request. */
export class ProxyLogOn {
  readonly first: ProxyLogOnLeg;
  readonly #proxy: ProxyAddress;
  readonly #host: string;
  readonly #target: string;
  readonly #means: LogOnMeans;
  readonly #channelBinding: () => Buffer | undefined;
  #sent: LogOnFacts["sent"];
  #running: { readonly scheme: SystemScheme; readonly exchange: Promise<SystemLogOnExchange> } | undefined;
  #legs = 0;

  /**
   * @param target what the proxy is to reach, for messages
   * @param channelBinding of the connection to the proxy, where that is TLS
   */
  constructor(
    proxy: ProxyAddress,
    target: string,
    means: LogOnMeans,
    channelBinding: () => Buffer | undefined = () => undefined,
  ) {
    this.#proxy = proxy;
    this.#host = new URL(proxy.origin).host;
    this.#target = target;
    this.#means = means;
    this.#channelBinding = channelBinding;
    const basic = proxy.login && allowsUserName(means.mode) ? basicAuthorization(proxy.login) : undefined;
    this.first = { isMovable: false, authorize: async () => basic };
    if (basic !== undefined) this.#sent = { scheme: "Basic", account: undefined };
  }

  /** The scheme of the user name or account that was sent, and that a 407 refuses. */
  get sent(): AuthenticationScheme | undefined {
    return this.#sent?.scheme;
  }

  /**
   * The next request, after a 407.
   * @param values of `Proxy-Authenticate`
   * @throws AgentError `proxy-refused` if nothing more can be said
   */
  next(values: readonly string[]): ProxyLogOnLeg {
    const challenges = parseChallenges(values);
    const challenge = this.#tokenOf(challenges);
    if (challenge !== undefined && ++this.#legs < maxLegs) {
      const answer = async () => (await this.#step(challenge)) ?? (await this.#start(this.#decide(challenges)));
      return { isMovable: false, authorize: answer };
    }
    const scheme = this.#decide(challenges);
    return { isMovable: true, authorize: () => this.#start(scheme) };
  }

  /**
   * Ends the log-on after the proxy let this host through. Not every proxy proves itself then: TLS with the tenant
   * protects the content.
   * @param values as above: the proxy's last token
   * @throws AgentError `proxy-refused` if it is a wrong proof
   */
  async accepted(values: readonly string[]): Promise<void> {
    if (this.#running === undefined) return;
    const { scheme } = this.#running;
    const exchange = await this.#running.exchange;
    const proof = this.#tokenOf(parseChallenges(values));
    if (proof !== undefined && !(await this.#bySystem(scheme, exchange.step(proof))).complete) {
      throw this.#refused(`let this host through before the log-on by ${scheme} was complete`);
    }
    this.#means.observe?.(`${exchange.account ?? "an account without a name"} (${scheme})`);
  }

  /** Also a log-on that the system has yet to begin. Never fails. */
  async close(): Promise<void> {
    await this.#running?.exchange.then((exchange) => exchange.close()).catch(() => {});
  }

  /** The proxy's token of the scheme that is spoken. */
  #tokenOf(challenges: readonly Challenge[]): Buffer | undefined {
    return challenges.find(({ scheme }) => scheme === this.#running?.scheme)?.token;
  }

  /** @throws AgentError `proxy-refused` */
  #decide(challenges: readonly Challenge[]): SystemScheme {
    const decision = decideLogOn(challenges, {
      mode: this.#means.mode,
      proxy: this.#proxy,
      target: this.#target,
      system: this.#means.system?.schemes ?? [],
      sent: this.#sent,
    });
    if (decision.kind === "refuse") throw this.#refused(decision.why);
    return decision.scheme;
  }

  async #start(scheme: SystemScheme): Promise<Secret> {
    void this.close();
    const exchange = this.#open(scheme);
    this.#running = { scheme, exchange };
    const token = await this.#step(undefined);
    if (token === undefined) throw this.#refused(`wants ${scheme} (status 407), for which this system made no token`);
    this.#sent = { scheme, account: (await exchange).account };
    return token;
  }

  async #open(scheme: SystemScheme): Promise<SystemLogOnExchange> {
    if (this.#means.system === undefined) throw new TypeError(`${scheme} without a system that speaks it`);
    const { host } = endpointOf(this.#proxy);
    const peer = { scheme, host, channelBinding: this.#channelBinding() };
    return await (await openWithoutNtlm(this.#means.system, ", or set proxyAuth to ntlm")).start(peer);
  }

  /** @param challenge the proxy's token; undefined at first */
  async #step(challenge: Buffer | undefined): Promise<Secret | undefined> {
    if (this.#running === undefined) throw new TypeError("no log-on runs");
    const { scheme, exchange } = this.#running;
    const leg = exchange.then((started) => started.step(challenge));
    const { token } = await this.#bySystem(scheme, leg);
    return token === undefined ? undefined : authorizationOf(scheme, token);
  }

  /** The system's part of the log-on; its errors are reported as the proxy's refusal. */
  async #bySystem<T>(scheme: SystemScheme, work: Promise<T>): Promise<T> {
    return await work.catch((thrown: unknown) => {
      if (!(thrown instanceof AgentError) || thrown.place !== undefined) throw thrown;
      const { place } = this.#refused("");
      const mayHaveLogin = this.#proxy.login === undefined && allowsUserName(this.#means.mode);
      const otherwise =
        thrown.code === "credentials-missing" && mayHaveLogin
          ? " Or put proxyUsername and proxyPassword into the credential file."
          : "";
      const message = `The proxy ${this.#host} wants ${scheme} (status 407). ${thrown.message}${otherwise}`;
      throw new AgentError("proxy-refused", message, { cause: thrown, place });
    });
  }

  /** @param why completes "The proxy …" */
  #refused(why: string): AgentError {
    // As in a request without a log-on: a log-on that was not sent was not refused.
    const stage = this.#sent === undefined ? "tunnel" : "proxy log-on";
    return new AgentError("proxy-refused", `The proxy ${this.#host} ${why}.`, { place: { stage, party: "proxy" } });
  }
}

function basicAuthorization(login: ProxyLogin): Secret {
  const { username, password } = revealed(login);
  return new Secret(`Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`);
}

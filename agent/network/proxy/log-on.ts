import { AgentError, type Place } from "../../errors.ts";
import { Secret } from "../../secret.ts";
import {
  type AuthenticationScheme,
  authorizationOf,
  type Challenge,
  maxLegs,
  parseChallenges,
} from "../log-on/challenges.ts";
import { allowsUserName, decideLogOn, type LogOnFacts, type ProxyAuth } from "../log-on/decide-log-on.ts";
import type { SystemLogOn, SystemScheme } from "../log-on/system-log-on.ts";
import { beginLogOn, type LogOn } from "../log-on/without-ntlm.ts";
import { endpointOf, type ProxyAddress, type ProxyLogin, revealed } from "./address.ts";
import type { FailedLogOn } from "./failed-log-on.ts";

/** The credentials of a run for proxies. */
export interface LogOnMeans {
  readonly mode: ProxyAuth;
  /** Undefined if the system has none. */
  readonly system: SystemLogOn | undefined;
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
  #running: RunningLogOn | undefined;
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
    const running = this.#running;
    const challenge = tokenFor(running, challenges);
    if (running === undefined || challenge === undefined || ++this.#legs >= maxLegs) {
      const scheme = this.#decide(challenges);
      return { isMovable: true, authorize: () => this.#start(scheme) };
    }
    const authorize = async (): Promise<Secret> => {
      const { token } = await this.#step(running, challenge);
      return token === undefined ? await this.#start(this.#decide(challenges)) : authorizationOf(running.scheme, token);
    };
    return { isMovable: false, authorize };
  }

  /**
   * Ends the log-on after the proxy let this host through. Not every proxy proves itself then: TLS with the tenant
   * protects the content.
   * @param values as above: the proxy's last token
   * @throws AgentError `proxy-refused` if it is a wrong proof
   */
  async accepted(values: readonly string[]): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    const proof = tokenFor(running, parseChallenges(values));
    if (proof !== undefined && !(await this.#step(running, proof)).complete) {
      throw this.#refused(`let this host through before the log-on by ${running.scheme} was complete`);
    }
    this.#means.observe?.(`${this.#sent?.account ?? "an account without a name"} (${running.scheme})`);
  }

  close(): void {
    this.#running?.logOn.close();
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
    const { system } = this.#means;
    if (system === undefined) throw new TypeError(`${scheme} without a system that speaks it`);
    this.close();
    const { host } = endpointOf(this.#proxy);
    const peer = { scheme, host, channelBinding: this.#channelBinding() };
    this.#running = { scheme, logOn: beginLogOn(system, peer, ", or set proxyAuth to ntlm") };
    const { token, account } = await this.#step(this.#running, undefined);
    if (token === undefined) throw this.#refused(`wants ${scheme} (status 407), for which this system made no token`);
    this.#sent = { scheme, account };
    return authorizationOf(scheme, token);
  }

  /** The system's part of the log-on; its errors are reported as the proxy's refusal. */
  async #step({ scheme, logOn }: RunningLogOn, token: Buffer | undefined): ReturnType<LogOn["step"]> {
    return await logOn.step(token).catch((thrown: unknown) => {
      if (!(thrown instanceof AgentError)) throw thrown;
      const mayHaveLogin = this.#proxy.login === undefined && allowsUserName(this.#means.mode);
      const otherwise =
        thrown.code === "credentials-missing" && mayHaveLogin
          ? " Or put proxyUsername and proxyPassword into the credential file."
          : "";
      const message = `The proxy ${this.#host} wants ${scheme} (status 407). ${thrown.message}${otherwise}`;
      throw new AgentError("proxy-refused", message, { cause: thrown, place: this.#place });
    });
  }

  /** @param why completes "The proxy …" */
  #refused(why: string): AgentError {
    return new AgentError("proxy-refused", `The proxy ${this.#host} ${why}.`, { place: this.#place });
  }

  /** A log-on that was not sent was not refused. */
  get #place(): Place {
    return { stage: this.#sent === undefined ? "tunnel" : "proxy log-on", party: "proxy" };
  }
}

interface RunningLogOn {
  readonly scheme: SystemScheme;
  readonly logOn: LogOn;
}

/** The proxy's token of the scheme that is spoken. */
const tokenFor = (running: RunningLogOn | undefined, challenges: readonly Challenge[]): Buffer | undefined =>
  challenges.find(({ scheme }) => scheme === running?.scheme)?.token;

function basicAuthorization(login: ProxyLogin): Secret {
  const { username, password } = revealed(login);
  return new Secret(`Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`);
}

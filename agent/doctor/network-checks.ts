import { type Clock, madeAfter } from "../clock.ts";
import { describeDuration, describeMoment } from "../duration.ts";
import { AgentError, asAgentError } from "../errors.ts";
import { buildProbeRequest, type Probe, readProbe } from "../gears/probe.ts";
import { type RateLimitReport, readRateLimit } from "../gears/rate-limit-headers.ts";
import { buildTokenRequest, readTokenResponse } from "../gears/token.ts";
import type { Sender } from "../network/exchange.ts";
import { networkFailure } from "../network/network-failure.ts";
import type { Way } from "../network/proxy/address.ts";
import { chooseProxy, type ProxyChoice, type ProxySources } from "../network/proxy/choice.ts";
import type { TlsPeer } from "../network/tls-peer.ts";
import type { Platform } from "../platform/port.ts";
import type { Secret } from "../secret.ts";
import type { Credentials } from "../settings/credentials.ts";
import type { Settings } from "../settings/table.ts";
import { bounded } from "./bounded.ts";
import { hostAndPort, type Peer } from "./peer.ts";
import type { Finding } from "./report.ts";

/** Through which proxy the tenant is asked, and why. */
export async function checkProxy(baseUrl: string, sources: ProxySources): Promise<Finding<ProxyChoice>> {
  const value = await chooseProxy(new URL(baseUrl), sources);
  const detail = `${value.ways.map(shownWay).join(", then ")}: ${value.reason}`;
  if (value.problem === undefined) return { status: "ok", detail, value };
  return { status: "warn", detail: `${detail}. ${value.problem}`, advice: "set proxy to none or to a URL", value };
}

function shownWay(way: Way, at: number): string {
  if (way === "direct") return at === 0 ? "none" : "none at all";
  return way.authorization === undefined ? way.origin : `${way.origin}, with a user name`;
}

/** The system's resolver, as connections use it. */
export type LookUpName = (host: string) => Promise<readonly { readonly address: string }[]>;

/**
 * @param limit milliseconds
 * @throws AgentError `name-not-resolved`
 */
export async function checkName(
  { host, proxy }: Peer,
  lookUp: LookUpName,
  clock: Clock,
  limit: number,
): Promise<Finding> {
  if (/^[\d.]+$|:/.test(host)) return { status: "skip", detail: `${host} is an address, not a name`, value: true };
  const late = (): never => {
    throw new AgentError("name-not-resolved", `No DNS server told ${host} within ${describeDuration(limit)}.`);
  };
  const found = await bounded(resolved(host, lookUp), limit, clock, late);
  const addresses = [...new Set(found.map(({ address }) => address))];
  const shown = addresses.length > 3 ? `${addresses.slice(0, 3).join(", ")}, …` : addresses.join(", ");
  const note = proxy === undefined ? "" : "; the proxy looks up the tenant";
  return { status: "ok", detail: `${host} is ${shown}${note}`, value: true };
}

async function resolved(host: string, lookUp: LookUpName): ReturnType<LookUpName> {
  try {
    return await lookUp(host);
  } catch (thrown) {
    throw networkFailure(thrown, host) ?? thrown;
  }
}

/** What came of one harmless request over the connection that a link would use. */
export type Reached =
  | { readonly kind: "answered"; readonly probe: Probe }
  | { readonly kind: "untrusted"; readonly error: AgentError };

/** @throws AgentError what {@link Sender.send} throws, but for `tls-untrusted`: that the check of TLS tells */
export async function checkConnection(
  baseUrl: string,
  sender: Sender,
  clock: Clock,
  signal: AbortSignal,
): Promise<Finding<Reached>> {
  const { host } = new URL(baseUrl);
  try {
    const probe = readProbe(await sender.send(buildProbeRequest(baseUrl), signal), clock.now());
    const value: Reached = { kind: "answered", probe };
    if (probe.status < 500) return { status: "ok", detail: `${host} answers`, value };
    return { status: "warn", detail: `${host} answers with a fault of its own (status ${probe.status})`, value };
  } catch (thrown) {
    const error = asAgentError(thrown);
    if (error.code !== "tls-untrusted") throw error;
    return { status: "ok", detail: "reached, but not over TLS", value: { kind: "untrusted", error } };
  }
}

/** @param peers seen in handshakes, in their order */
export function checkTls(reached: Reached, peers: readonly TlsPeer[], baseUrl: string): Finding {
  const { protocol } = new URL(baseUrl);
  const { host } = hostAndPort(baseUrl);
  const peer = peers.findLast((one) => one.host === host || reached.kind === "untrusted");
  const [own] = peer?.chain ?? [];
  if (reached.kind === "untrusted") {
    const { error } = reached;
    return {
      status: "fail",
      error,
      detail: peer === undefined ? error.message : `${error.message} Chain: ${issuersOf(peer)}.`,
    };
  }
  if (protocol === "http:") return { status: "skip", detail: "the tenant is asked over http:", value: true };
  if (peer === undefined) return { status: "ok", detail: "trusted", value: true };
  const root = peer.publicRoot ? "" : "not a public CA (TLS is inspected?): ";
  return {
    status: "ok",
    detail: `${root}${issuersOf(peer)}, until ${day(own?.validTo)}, ${peer.protocol}`,
    value: true,
  };
}

function issuersOf({ chain, issuer }: TlsPeer): string {
  const [own, ...issuers] = chain.map(({ name }) => name);
  const all = [...issuers, ...(issuer === chain.at(-1)?.name ? [] : [issuer])];
  return all.length === 0 ? `${own}, signed by itself` : `issuer ${all.join(", ")}`;
}

const day = (ms: number | undefined): string =>
  ms === undefined || Number.isNaN(ms) ? "?" : new Date(ms).toISOString().slice(0, 10);

/** Milliseconds: HTTP tells whole seconds, and an answer takes its time. */
const agreeing = 3_000;
/** Milliseconds from which certificates, schedules and Kerberos begin to suffer. */
const disturbing = 120_000;

/**
 * This machine's clock against the server's, or where that one is not known against the time before which this program
 * was not made: a clock that is wrong keeps TLS from trusting anybody, so no server can be asked then.
 */
export function checkClock(probe: Probe | undefined, platform: Platform["name"], clock: Clock): Finding {
  const advice = setClock[platform];
  if (probe === undefined) {
    const time = describeMoment(clock.now());
    if (clock.now() >= madeAfter) return { status: "skip", detail: `needs connection; shows ${time}` };
    return { status: "warn", detail: `shows ${time}, which is before this program was made`, advice };
  }
  const { date, now } = probe;
  if (date === undefined) return { status: "skip", detail: "the server's answer has no date" };
  const ahead = now - date;
  const off = Math.abs(ahead);
  if (off <= agreeing) return { status: "ok", detail: "agrees with the server's" };
  const detail = `${describeDuration(off)} ${ahead > 0 ? "ahead of" : "behind"} the server's`;
  if (off < disturbing) return { status: "ok", detail };
  return { status: "warn", detail, advice };
}

const setClock: Readonly<Record<Platform["name"], string>> = {
  linux: "timedatectl timesync-status",
  windows: "w32tm /resync",
  macos: "sudo sntp -sS time.apple.com",
};

/** What the token endpoint gave, for the checks and the bundle that follow. */
export interface TokenTrial {
  readonly rateLimit: RateLimitReport;
  readonly token: Secret | undefined;
}

/** Gets a token, as a link would, and throws it away. A token that was given is not tried: that would be a link. */
export async function checkToken(
  credentials: Credentials,
  baseUrl: string,
  sender: Sender,
  clock: Clock,
  signal: AbortSignal,
): Promise<Finding<TokenTrial>> {
  if (credentials.kind === "none") return { status: "skip", detail: "the gateway has it, not this device" };
  if (credentials.kind === "token") {
    return { status: "skip", detail: "an access token is given; only a link shows whether it is accepted" };
  }
  const response = await sender.send(buildTokenRequest(baseUrl, credentials), signal);
  const { host } = new URL(baseUrl);
  const rateLimit = readRateLimit(response.headers, clock.now());
  const answer = readTokenResponse(response, { host, secrets: [credentials.clientSecret] }, clock.now());
  if (answer.kind === "server-error") return { status: "fail", error: answer.error };
  if (answer.kind === "rate-limited") {
    const detail = `the account's limit of calls is used up (429)${again(rateLimit, clock.now())}`;
    return { status: "warn", detail, value: { rateLimit, token: undefined } };
  }
  const { value, expiresAt } = answer.token;
  const life = expiresAt === undefined ? "" : `, valid for ${describeDuration(expiresAt - clock.now())}`;
  return { status: "ok", detail: `obtained${life}; not shown`, value: { rateLimit, token: value } };
}

/** @param reports of the answers seen, the last first */
export function checkRateLimit(
  reports: readonly RateLimitReport[],
  setting: Settings["rateLimit"],
  now: number,
): Finding {
  const report = reports.find(({ limit, remaining }) => limit !== undefined || remaining !== undefined);
  if (report === undefined) return { status: "skip", detail: "no answer seen here has X-RateLimit headers" };
  const { limit, remaining } = report;
  const parts = [
    ...(limit === undefined ? [] : [`${limit} calls per period`]),
    ...(remaining === undefined ? [] : [`${remaining} left${again(report, now)}`]),
  ];
  if (limit !== undefined && limit < setting.calls) {
    const detail = `${parts.join(", ")}, but the setting rateLimit counts on ${setting.calls}`;
    return { status: "warn", detail, advice: `set rateLimit to ${limit}/1m` };
  }
  return { status: "ok", detail: parts.join(", ") };
}

function again({ notBefore }: RateLimitReport, now: number): string {
  return notBefore === undefined ? "" : `, more in ${describeDuration(notBefore - now)}`;
}

import { describeDuration } from "../../duration.ts";
import { type RateLimitReport, readRateLimit } from "../../gears/rate-limit-headers.ts";
import { askForToken, newTokenEndpoint, readTokenResponse } from "../../gears/token.ts";
import type { Secret } from "../../secret.ts";
import type { Finding } from "../check.ts";
import type { DoctorContext, ValuesFor } from "../context.ts";
import type { Reached } from "./connection.ts";
import { moreIn } from "./rate-limit.ts";

/** The token endpoint's answer, for the later checks and the bundle. */
export interface TokenTrial {
  readonly rateLimit: RateLimitReport;
  readonly token: Secret | undefined;
}

/** Gets a token, as a link would, and discards it. A ready token is not tried: only a link could. */
export async function checkToken(
  { clock, interrupted }: Pick<DoctorContext, "clock" | "interrupted">,
  { credential, tenant, connection }: ValuesFor<"credential" | "tenant">,
): Promise<Finding<TokenTrial>> {
  if (credential.kind === "none") return checkLogOn(connection);
  if (credential.kind === "token") {
    return { status: "skip", detail: "uses an access token; only a link shows whether the API accepts it" };
  }
  const { baseUrl, sender } = tenant;
  const endpoint = newTokenEndpoint();
  const response = await askForToken({ baseUrl, client: credential, endpoint }, sender, interrupted);
  const { host } = new URL(baseUrl);
  const rateLimit = readRateLimit(response, clock.now());
  const answer = readTokenResponse(response, { host, secrets: [credential.clientSecret] }, clock.now());
  if (answer.kind === "server-error") return { status: "fail", error: answer.error };
  if (answer.kind === "rate-limited") {
    const detail = `the account's rate limit is reached (429)${moreIn(rateLimit, clock.now())}`;
    return { status: "warn", detail, value: { rateLimit, token: undefined } };
  }
  const { value, expiresAt } = answer.token;
  const life = expiresAt === undefined ? "" : `, valid for ${describeDuration(expiresAt - clock.now())}`;
  return { status: "ok", detail: `obtained${life}; not shown`, value: { rateLimit, token: value } };
}

/**
 * The gateway has the token; with `auth` = `negotiate` the check `connection` has already proved this machine to it.
 */
function checkLogOn(reached: Reached | undefined): Finding<TokenTrial> {
  const detail = "the gateway has it, not this device";
  if (reached?.kind === "refused") {
    return { status: "fail", error: reached.error, advice: "check that this machine is a member of the domain" };
  }
  const account = reached?.kind === "answered" ? reached.account : undefined;
  if (account === undefined) return { status: "skip", detail };
  const known = `${detail}; it accepts ${account}`;
  if (/\$(?:@|$)/.test(account)) return { status: "ok", detail: `${known} and proved itself` };
  return {
    status: "warn",
    detail: `${known}, which is no machine's account and may not link`,
    advice: "run doctor as the service does, as root or SYSTEM",
  };
}

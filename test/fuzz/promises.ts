import { strict as assert } from "node:assert";
import { AgentError } from "../../agent/errors.ts";
import { readDevinfo } from "../../agent/gears/devinfo.ts";
import { readLinkUserResponse } from "../../agent/gears/link-user.ts";
import type { RateLimitReport } from "../../agent/gears/rate-limit-headers.ts";
import { readTokenResponse } from "../../agent/gears/token.ts";
import { formatMemory, parseMemory } from "../../agent/link/memory.ts";
import type { RawResponse } from "../../agent/network/exchange.ts";
import { Secret } from "../../agent/secret.ts";
import { parseCredentials } from "../../agent/settings/credentials.ts";
import { type Layer, resolveSettings } from "../../agent/settings/layers.ts";
import { settingNames, settingsTable, settingText } from "../../agent/settings/table.ts";

/** Promises of readers of foreign text, for any input. */

export const now = Date.UTC(2026, 10, 23, 8, 0, 0);
const secret = "tok-0123456789";
export const context = { host: "gears.opswat.com", secrets: [new Secret(secret)] };

/** A reader may throw only AgentErrors, and only with these outcomes. */
export function caught<T>(read: () => T, ...outcomes: readonly string[]): T | undefined {
  try {
    return read();
  } catch (thrown) {
    if (!(thrown instanceof AgentError) || !outcomes.includes(thrown.outcome)) throw thrown;
    showable(thrown.message);
    return undefined;
  }
}

/** Text for people is short, one line, and has no secret. */
export function showable(text: string): void {
  assert.doesNotMatch(text, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
  assert.ok(!text.includes(secret) && text.length < 5000);
}

export function sensible({ limit, remaining, notBefore, exact }: RateLimitReport): void {
  for (const count of [limit, remaining]) assert.ok(count === undefined || (Number.isInteger(count) && count >= 0));
  assert.ok(notBefore === undefined || (notBefore > now && notBefore <= now + (exact ? 30 : 1) * 86_400_000));
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, "").trim());
  } catch {
    return undefined;
  }
};

export function linkUser(response: RawResponse): void {
  const answer = caught(() => readLinkUserResponse(response, context, now), "protocol");
  if (answer === undefined) return;
  sensible(answer.rateLimit);
  showable("error" in answer ? answer.error.message : "message" in answer ? answer.message : "");
  if (answer.kind !== "linked") return;
  const { result } = parsed(response.body) as { result: unknown };
  assert.ok((result === 1 || result === "1") && response.status >= 200 && response.status < 300);
}

export function token(response: RawResponse): void {
  const answer = caught(() => readTokenResponse(response, context, now), "protocol", "credentials", "request-rejected");
  if (answer === undefined) return;
  if (answer.kind !== "token") {
    sensible(answer.rateLimit);
    return;
  }
  const { value, expiresAt } = answer.token;
  assert.match(value.reveal(), /^[\x21-\x7e]{1,8192}$/);
  assert.equal((parsed(response.body) as { access_token: unknown }).access_token, value.reveal());
  assert.ok(expiresAt === undefined || (expiresAt >= now && expiresAt <= now + 365 * 86_400_000));
}

export function devinfo(response: RawResponse): void {
  const reading = readDevinfo(response, "vendor's client");
  if (reading.kind === "found") {
    assert.match(reading.value, /^[A-Za-z0-9-]{8,64}$/);
    assert.ok(response.body.includes(reading.value));
  } else {
    showable(reading.kind === "failed" ? reading.error.message : reading.reason);
  }
}

/** Messages quote raw text; it is made printable when it is shown. */
export function refused<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (thrown) {
    if (!(thrown instanceof AgentError) || thrown.outcome !== "config-invalid") throw thrown;
    return undefined;
  }
}

/** An accepted value equals its own text read again. */
export function settings(layer: Layer): void {
  const resolved = refused(() => resolveSettings([layer]));
  if (resolved === undefined) return;
  for (const name of settingNames) {
    const value: unknown = resolved.settings[name];
    const text = settingText(name, value as never);
    if (text !== null) assert.deepEqual(settingsTable[name].kind.parse(text), { ok: true, value });
  }
}

export function state(text: string): void {
  const read = parseMemory(text);
  if (read !== undefined) assert.deepEqual(parseMemory(formatMemory(read)), read);
}

export function credential(text: string): void {
  caught(() => parseCredentials(text, "/etc/credential.json", undefined), "credentials");
}

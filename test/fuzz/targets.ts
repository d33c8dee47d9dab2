import { strict as assert } from "node:assert";
import fc from "fast-check";
import { AgentError } from "../../agent/errors.ts";
import { readDevinfo } from "../../agent/gears/devinfo.ts";
import { httpDate } from "../../agent/gears/http-date.ts";
import { readLinkUserResponse } from "../../agent/gears/link-user.ts";
import { type RateLimitReport, readRateLimit } from "../../agent/gears/rate-limit-headers.ts";
import { serverText } from "../../agent/gears/server-text.ts";
import { readTokenResponse } from "../../agent/gears/token.ts";
import { formatMemory, parseMemory } from "../../agent/link/memory.ts";
import type { RawResponse } from "../../agent/network/exchange.ts";
import { byVariables } from "../../agent/network/proxy/variables.ts";
import { parsePamEnvironment } from "../../agent/platform/linux/system-proxy.ts";
import { found } from "../../agent/reading.ts";
import { Secret } from "../../agent/secret.ts";
import { parseCredentials } from "../../agent/settings/credentials.ts";
import { resolveSettings } from "../../agent/settings/layers.ts";
import { readSettingsFile } from "../../agent/settings/settings-file.ts";
import { settingNames, settingsTable, settingText } from "../../agent/settings/table.ts";
import { anyBody, anyResponse, anySettings, anyValue, anyVariables } from "./inputs.ts";

/** One reader of what others wrote, and what holds whatever they write. */
export interface Target {
  readonly name: string;
  readonly property: fc.IProperty<[unknown]>;
}

const now = Date.UTC(2026, 10, 23, 8, 0, 0);
const secret = "tok-0123456789";
const context = { host: "gears.opswat.com", secrets: [new Secret(secret)] };

/** Nothing but an AgentError may come out of a reader, and of those only these outcomes. */
function caught<T>(read: () => T, ...outcomes: readonly string[]): T | undefined {
  try {
    return read();
  } catch (thrown) {
    if (!(thrown instanceof AgentError) || !outcomes.includes(thrown.outcome)) throw thrown;
    showable(thrown.message);
    return undefined;
  }
}

/** What is shown to a person is short, one line, and no secret. */
function showable(text: string): void {
  assert.doesNotMatch(text, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
  assert.ok(!text.includes(secret) && text.length < 5000);
}

function sensible({ limit, remaining, notBefore }: RateLimitReport): void {
  for (const count of [limit, remaining]) assert.ok(count === undefined || (Number.isInteger(count) && count >= 0));
  assert.ok(notBefore === undefined || (notBefore > now && notBefore <= now + 86_400_000));
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, "").trim());
  } catch {
    return undefined;
  }
};

function linkUser(response: RawResponse): void {
  const answer = caught(() => readLinkUserResponse(response, context, now), "protocol");
  if (answer === undefined) return;
  sensible(answer.rateLimit);
  showable("error" in answer ? answer.error.message : answer.message);
  if (answer.kind !== "linked") return;
  const { result } = parsed(response.body) as { result: unknown };
  assert.ok((result === 1 || result === "1") && response.status >= 200 && response.status < 300);
}

function token(response: RawResponse): void {
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

function devinfo(response: RawResponse): void {
  const reading = readDevinfo(response, "vendor's client");
  if (reading.kind === "found") {
    assert.match(reading.value, /^(?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/);
    assert.ok(response.body.toLowerCase().includes(reading.value));
  } else {
    showable(reading.kind === "failed" ? reading.error.message : reading.reason);
  }
}

function headers(values: readonly string[]): void {
  const [date = "", retryAfter = "", limit = "", remaining = "", reset = ""] = values;
  sensible(
    readRateLimit(
      {
        status: 429,
        headers: {
          date,
          "retry-after": retryAfter,
          "x-ratelimit-limit": limit,
          "x-ratelimit-remaining": remaining,
          "x-ratelimit-reset-time": reset,
        },
      },
      now,
    ),
  );
}

/** What is accepted is what its own text means. */
function settings(values: Readonly<Record<string, unknown>>): void {
  const layer = readSettingsFile("/x", found(Buffer.from(JSON.stringify(values)), "/x"), true);
  const resolved = refused(() => resolveSettings([layer]));
  if (resolved === undefined) return;
  for (const name of settingNames) {
    const value: unknown = resolved.settings[name];
    const text = settingText(name, value as never);
    if (text !== null) assert.deepEqual(settingsTable[name].kind.parse(text), { ok: true, value });
  }
}

/** Messages quote what was written, and are made printable where they are shown. */
function refused<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (thrown) {
    if (!(thrown instanceof AgentError) || thrown.outcome !== "config-invalid") throw thrown;
    return undefined;
  }
}

const tenant = new URL("https://gears.opswat.com");

const target = <T>(name: string, input: fc.Arbitrary<T>, check: (input: T) => void): Target => ({
  name,
  property: fc.property(input, check) as fc.IProperty<[unknown]>,
});

export const targets: readonly Target[] = [
  target("link_user", anyResponse, linkUser),
  target("token", anyResponse, token),
  target("devinfo", anyResponse, devinfo),
  target("rate-limit headers", fc.array(anyValue, { minLength: 5, maxLength: 5 }), headers),
  target("dates", anyValue, (text) => {
    const date = httpDate(text);
    assert.ok(date === undefined || Number.isInteger(date));
  }),
  target("words", anyBody, (text) => showable(serverText(text, context.secrets))),
  target("state", anyBody, (text) => {
    const read = parseMemory(text);
    if (read.kind === "read") assert.deepEqual(parseMemory(formatMemory(read.memory)), read);
  }),
  target("credential", anyBody, (text) => {
    caught(() => parseCredentials(text, "/etc/credential.json", undefined), "credentials");
  }),
  target("settings", anySettings, settings),
  target("proxy variables", anyVariables, (text) => {
    refused(() => byVariables(parsePamEnvironment(text), tenant));
  }),
];

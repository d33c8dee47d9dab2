import { strict as assert } from "node:assert";
import fc from "fast-check";
import { httpDate } from "../../agent/gears/http-date.ts";
import { readRateLimit } from "../../agent/gears/rate-limit-headers.ts";
import { serverText } from "../../agent/gears/server-text.ts";
import { byVariables } from "../../agent/network/proxy/variables.ts";
import { parsePamEnvironment } from "../../agent/platform/linux/system-proxy.ts";
import { found } from "../../agent/reading.ts";
import { readSettingsFile } from "../../agent/settings/settings-file.ts";
import { anyBody, anyResponse, anySettings, anyValue, anyVariables } from "./inputs.ts";
import {
  context,
  credential,
  devinfo,
  linkUser,
  now,
  refused,
  sensible,
  settings,
  showable,
  state,
  token,
} from "./promises.ts";

/** One reader of foreign data, and its promise for any input. */
export interface FuzzTarget {
  readonly name: string;
  readonly property: fc.IProperty<[unknown]>;
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

const tenant = new URL("https://gears.opswat.com");

const target = <T>(name: string, input: fc.Arbitrary<T>, check: (input: T) => void): FuzzTarget => ({
  name,
  property: fc.property(input, check) as fc.IProperty<[unknown]>,
});

export const fuzzTargets: readonly FuzzTarget[] = [
  target("link_user", anyResponse, linkUser),
  target("token", anyResponse, token),
  target("devinfo", anyResponse, devinfo),
  target("rate-limit headers", fc.array(anyValue, { minLength: 5, maxLength: 5 }), headers),
  target("dates", anyValue, (text) => {
    const date = httpDate(text);
    assert.ok(date === undefined || Number.isInteger(date));
  }),
  target("words", anyBody, (text) => showable(serverText(text, context.secrets))),
  target("state", anyBody, state),
  target("credential", anyBody, credential),
  target("settings", anySettings, (values) =>
    settings(readSettingsFile("/x", found(Buffer.from(JSON.stringify(values)), "/x"), true)),
  ),
  target("proxy variables", anyVariables, (text) => {
    refused(() => byVariables(parsePamEnvironment(text), tenant));
  }),
];

import { release } from "node:os";
import { framesOf } from "../errors.ts";
import type { Secret } from "../secret.ts";
import { secretsOf } from "../settings/credentials.ts";
import { version } from "../version.ts";
import { describeSettings } from "../wiring/describe-settings.ts";
import { effectivePaths } from "../wiring/load-settings.ts";
import { lastLogLines } from "./bundle.ts";
import type { CheckValues, DoctorContext } from "./context.ts";
import type { CheckResult } from "./run-checks.ts";

export function bundleContent(
  { platform, clock }: DoctorContext,
  { settings: resolved }: CheckValues,
  results: readonly CheckResult[],
): object {
  const { logFile } = resolved === undefined ? platform.paths : effectivePaths(platform, resolved.settings);
  return {
    version,
    time: new Date(clock.now()).toISOString(),
    system: { platform: platform.name, release: release(), node: process.version, privileged: platform.privileged },
    settings: resolved === undefined ? null : describeSettings(platform, resolved),
    log: lastLogLines(logFile),
    // The stack of a defect of this program, if there is one.
    defects: results.map(({ error }) => error && framesOf(error)).filter((defect) => defect !== undefined),
  };
}

/** Secrets that the checks read and that must not be shown. */
export function secretsIn({ credential, token, proxy }: CheckValues): readonly Secret[] {
  const logins = proxy?.routes.map((route) => (route === "direct" ? undefined : route.login?.pair)) ?? [];
  const own = credential === undefined ? [] : secretsOf(credential);
  return [...own, token?.token, ...logins].filter((secret) => secret !== undefined);
}

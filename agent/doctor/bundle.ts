import { readSync, rmSync, writeFileSync } from "node:fs";
import { release } from "node:os";
import { AgentError, framesOf, systemErrorCode } from "../errors.ts";
import { retryWhileHeld } from "../files/held-files.ts";
import { isNoSuchFile, openFile, pathHint, whyNot } from "../files/open-file.ts";
import { openOwnFile, rotatedPath } from "../files/own-files.ts";
import { withoutSecrets } from "../gears/server-text.ts";
import { printableJson } from "../printable.ts";
import type { Secret } from "../secret.ts";
import { secretsOf } from "../settings/credentials.ts";
import { version } from "../version.ts";
import { describeSettings, settingRows } from "../wiring/describe-settings.ts";
import { effectivePaths } from "../wiring/load-settings.ts";
import type { CheckValues, DoctorContext } from "./context.ts";
import type { CheckResult } from "./run-checks.ts";

/** Lines of the log that go into a bundle, the latest. */
const logLines = 200;

/**
 * Creates a new file that only its owner can read, at once, so that an unusable name is reported before anything is
 * checked: nothing is overwritten, and no link followed. It is removed again if it is disposed of before it is complete.
 * @throws AgentError `invalid-value`
 */
export function createBundleFile(path: string) {
  const file = attempt(path, () => openFile(path, "create"));
  let whole = false;
  return {
    /** @param secrets that it must not contain, from any source */
    write: (content: object, secrets: readonly Secret[]): void =>
      attempt(path, () => {
        writeFileSync(file.descriptor, `${withoutSecrets(printableJson(content, 2), secrets)}\n`);
        whole = true;
      }),
    [Symbol.dispose]: () => {
      file[Symbol.dispose]();
      if (!whole) retryWhileHeld(() => rmSync(path, { force: true }));
    },
  };
}

function attempt<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const isThere = systemErrorCode(cause) === "EEXIST";
    const why = isThere ? "already exists; name a new file" : `can't be written: ${whyNot(cause)}`;
    throw new AgentError("invalid-value", `--bundle: ${path} ${why}.${pathHint(cause)}`, { cause });
  }
}

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
    settings: resolved === undefined ? null : describeSettings(settingRows(platform, resolved)),
    log: lastLogLines(logFile),
    defects: results.map(({ error }) => error && framesOf(error)).filter((defect) => defect !== undefined),
  };
}

/** Secrets that the checks read and that must not be shown. */
export function secretsIn({ credential, token, proxy }: CheckValues): readonly Secret[] {
  const logins = proxy?.routes.map((route) => (route === "direct" ? undefined : route.login?.pair)) ?? [];
  const own = credential === undefined ? [] : secretsOf(credential);
  return [...own, token?.token, ...logins].filter((secret) => secret !== undefined);
}

/** The last lines of the log, also from the rotated file. */
export function lastLogLines(logFile: string): readonly string[] {
  return [rotatedPath(logFile), logFile].flatMap(linesOf).slice(-logLines);
}

/** Bytes: as much as a log holds before it is rotated. */
const maxRead = 1024 * 1024;

/** If the log can't be read, the error is in its place. */
function linesOf(path: string): readonly string[] {
  try {
    return endOf(path)
      .split("\n")
      .filter((line) => line !== "");
  } catch (error) {
    return isNoSuchFile(error) ? [] : [`${path} can't be read: ${whyNot(error)}`];
  }
}

function endOf(path: string): string {
  using file = openOwnFile(path, "read");
  const bytes = Buffer.alloc(maxRead);
  const start = Math.max(0, file.stats.size - maxRead);
  return bytes.toString("utf8", 0, readSync(file.descriptor, bytes, 0, maxRead, start));
}

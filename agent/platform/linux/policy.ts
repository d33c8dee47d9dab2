import { readFileSync } from "node:fs";
import { AgentError, systemErrorCode } from "../../errors.ts";
import { absent, failed, found, type Reading } from "../../reading.ts";
import type { RawPolicy } from "../port.ts";
import { type Trust, writableByOthers } from "../posix/protected-files.ts";

/** The administrator's policy file: one JSON object of settings that nobody but root may change. */
export function readPolicy(path: string, trust: Trust): Reading<RawPolicy> {
  const writable = writableByOthers(path, trust);
  if (writable.kind === "absent") return absent(path, "no policy is set");
  if (writable.kind === "failed") return unreadable(path, writable.error.message, writable.error);
  if (writable.value) {
    const { why, remedy } = writable.value;
    return unreadable(path, `users other than root may change it: ${why}`, undefined, remedy);
  }
  try {
    // An editor may have put a byte order mark in front.
    const values: unknown = JSON.parse(readFileSync(path, "utf8").replace(/^\uFEFF/, ""));
    if (typeof values === "object" && values !== null && !Array.isArray(values)) {
      return found({ origin: path, spelling: "file", values: values as Record<string, unknown> }, path);
    }
    return unreadable(path, 'it must hold one JSON object, such as {"fleetSize": 2000}');
  } catch (cause) {
    return unreadable(
      path,
      cause instanceof SyntaxError ? "it is not valid JSON" : String(systemErrorCode(cause)),
      cause,
    );
  }
}

function unreadable(path: string, why: string, cause?: unknown, remedy?: string): Reading<never> {
  const finding = `The policy ${path} can't be used: ${why}.`;
  return failed(path, new AgentError("settings-unreadable", finding, { cause, remedy }));
}

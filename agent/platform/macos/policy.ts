import { AgentError } from "../../errors.ts";
import type { Trust } from "../../files/trusted-path.ts";
import { absent, failed, found, type Reading } from "../../reading.ts";
import type { RawPolicy } from "../port.ts";
import { readTrusted } from "../posix/protected-files.ts";
import { macosIdentifier } from "./paths.ts";
import type { RunTool } from "./tools.ts";

/**
 * The forced settings of a device profile in the program's preference domain; macOS writes this file in binary form.
 */
export const managedPreferences = `/Library/Managed Preferences/${macosIdentifier}.plist`;

/** Keys of the profile itself, which macOS leaves among the settings: PayloadUUID, PayloadType, … */
const ofTheProfile = /^Payload[A-Z]/;

/** The managed preferences of the whole machine; those of single users are skipped. */
export function readPolicy(path: string, trust: Trust, run: RunTool): Reading<RawPolicy> {
  const file = readTrusted(path, trust);
  if (file.kind === "absent") return absent(path, "no profile sets it");
  if (file.kind === "failed") return unreadable(path, file.error.finding.replace(/\.$/, ""), file.error);
  try {
    const values: unknown = JSON.parse(run("plutil", "-convert", "json", "-o", "-", "--", path));
    if (typeof values !== "object" || values === null || Array.isArray(values)) {
      return unreadable(path, "it is not a dictionary");
    }
    const settings = Object.fromEntries(Object.entries(values).filter(([key]) => !ofTheProfile.test(key)));
    return found({ origin: path, spelling: "file", values: settings }, path);
  } catch (cause) {
    return unreadable(path, cause instanceof AgentError ? cause.message : "plutil did not return JSON", cause);
  }
}

function unreadable(path: string, why: string, cause?: unknown): Reading<never> {
  const message = `The managed preferences ${path} can't be used: ${why}. Check the profile.`;
  return failed(path, new AgentError("settings-unreadable", message, { cause }));
}

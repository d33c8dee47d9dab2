import { statSync, unlinkSync, writeFileSync } from "node:fs";
import { AgentError, systemErrorCode } from "../errors.ts";
import { retryWhileHeld } from "../files/held-files.ts";
import { decodeText, readFileAt, readStandardInput, whyNot } from "../files/open-file.ts";
import type { InstallStep, Platform } from "../platform/port.ts";
import type { Reading } from "../reading.ts";
import { Secret } from "../secret.ts";
import { parseCredentials } from "../settings/credentials.ts";
import type { ResolvedSettings } from "../settings/layers.ts";

/**
 * @returns the credential and the steps for its source afterwards
 * @throws AgentError of an outcome `credentials` or `usage`; never with anything of the content
 */
export function takeCredential(
  source: string | undefined,
  deleteSource: boolean,
  platform: Platform,
  { settings, origins }: ResolvedSettings,
) {
  const { credentialFile } = platform.paths;
  const inPlace = platform.readProtected(credentialFile);
  if (source === undefined) {
    const needed = settings.auth === "auto" && (settings.credentialFile ?? credentialFile) === credentialFile;
    const warnings = needed ? credentialFaults(inPlace, credentialFile, settings.clientId) : [];
    return { credential: undefined, steps: [], warnings };
  }
  if (deleteSource) refuseDeletion(source, credentialFile);
  if (settings.credentialFile !== undefined && settings.credentialFile !== credentialFile) {
    const message = `The agent would not use this credential: ${origins.credentialFile.text} names ${settings.credentialFile}. Remove that setting, or put the credential there yourself.`;
    throw new AgentError("invalid-value", message);
  }
  const text = readSource(source, deleteSource && inPlace.kind === "found");
  if (text === undefined) {
    const warning = `${source} does not exist, so the credential that is in place is kept.`;
    return { credential: undefined, steps: [], warnings: [warning] };
  }
  parseCredentials(text, source === "-" ? "from standard input" : source, settings.clientId);
  return {
    credential: new Secret(`${text.trim()}\n`),
    steps: deleteSource ? [deletion(source, text)] : [],
    warnings: source === "-" ? [] : exposure(source, platform),
  };
}

/** Why a run could not use the credential in place; an administrator may correct it later. */
function credentialFaults(inPlace: Reading<string>, path: string, clientId: string | undefined): readonly string[] {
  if (inPlace.kind === "absent")
    return [`There is no credential in ${path} yet. Pass one with --credential-from FILE.`];
  if (inPlace.kind === "failed") return [inPlace.error.message];
  return faultsOf(() => parseCredentials(inPlace.value, path, clientId));
}

/** The message of the error that `read` throws, if it throws one. */
export function faultsOf(read: () => unknown): readonly string[] {
  try {
    read();
    return [];
  } catch (thrown) {
    if (thrown instanceof AgentError) return [thrown.message];
    throw thrown;
  }
}

/** @throws AgentError `invalid-value` */
function refuseDeletion(source: string, credentialFile: string): void {
  if (source === "-") {
    throw new AgentError("invalid-value", "--delete-source needs a file to delete, not standard input.");
  }
  const [one, other] = [source, credentialFile].map((path) => statSync(path, { throwIfNoEntry: false, bigint: true }));
  if (one === undefined || other === undefined || one.ino !== other.ino || one.dev !== other.dev) return;
  throw new AgentError(
    "invalid-value",
    `--delete-source would delete the installed credential: ${source} is that file.`,
  );
}

/** Users who could read the source may still have the secret. */
function exposure(source: string, platform: Platform): readonly string[] {
  const reading = platform.readProtected(source);
  if (reading.kind !== "failed" || reading.error.code !== "credentials-exposed") return [];
  return [`Users other than administrators could read or replace ${source}. If that matters, make a new secret.`];
}

/** Larger than any credential, in bytes. */
const maxCredential = 64 * 1024;

/** @param mayBeGone an earlier installation may have used and deleted it; then undefined is returned */
function readSource(source: string, mayBeGone: boolean): string | undefined {
  try {
    return decodeText(source === "-" ? readStandardInput(maxCredential) : readFileAt(source, maxCredential));
  } catch (cause) {
    if (systemErrorCode(cause) === "ENOENT" && mayBeGone) return undefined;
    const from = source === "-" ? "standard input" : source;
    // A named pipe may never end; a shell's pipe is given as standard input.
    const hint =
      source !== "-" && systemErrorCode(cause) === "ENOTREG"
        ? " Pass it on standard input instead: --credential-from -."
        : "";
    const message = `The credential can't be read from ${from}: ${whyNot(cause)}.${hint}`;
    const code = systemErrorCode(cause) === "EFBIG" ? "credentials-invalid" : "credentials-unreadable";
    throw new AgentError(code, message, { cause });
  }
}

/** The last step, so that the only copy is deleted after the new one is in place. */
function deletion(source: string, text: string): InstallStep {
  return {
    what: `credential's source ${source}`,
    change: "remove",
    apply: () => {
      try {
        retryWhileHeld(() => unlinkSync(source));
      } catch (cause) {
        const message = `${source} can't be deleted: ${whyNot(cause)}.`;
        throw new AgentError("install-failed", message, { cause });
      }
      return () => writeFileSync(source, text, { mode: 0o600, flag: "wx" });
    },
  };
}

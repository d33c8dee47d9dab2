import { AgentError, systemErrorCode } from "../errors.ts";
import { absent, failed, found, type Reading } from "../reading.ts";
import { danglingLink, readFileAt, whyNot } from "./open-file.ts";

export interface FileKind {
  readonly code: "credentials-unreadable" | "settings-unreadable";
  /** The next step if this user may not read it: a sentence after a space. */
  readonly deniedHint: string;
}

export const secretFile: FileKind = {
  code: "credentials-unreadable",
  deniedHint: " Only root can read it: run linkuser-agent with sudo, or wait for the next logon.",
};
export const publicFile: FileKind = {
  code: "settings-unreadable",
  deniedHint: " It contains no secret, so let everybody read it.",
};

/** Bytes; larger than any file that decides trust. */
export const maxFileSize = 1024 * 1024;

/**
 * Classifies a failure to read a file: `absent` only if its name or a folder on the path is missing.
 * @throws what is neither an AgentError nor the system's error
 */
export function unreadable(path: string, { code, deniedHint }: FileKind, cause: unknown): Reading<never> {
  if (cause instanceof AgentError) return failed(path, cause);
  const system = systemErrorCode(cause);
  if (system === undefined) throw cause;
  const link = system === "ENOENT" ? danglingLink(path) : undefined;
  if (system === "ENOENT" && link === undefined) return absent(path, "no such file");
  const denied = system === "EACCES";
  const fault = denied ? "this user may not" : whyNot(cause);
  const why = link === undefined ? fault : `${link} is a link that leads nowhere`;
  return failed(path, new AgentError(code, `${path} can't be read: ${why}.${denied ? deniedHint : ""}`, { cause }));
}

/** Reads a file that a plain user named for their own run, without judging who may change it. */
export function readUnjudged(path: string): Reading<Buffer> {
  try {
    return found(readFileAt(path, maxFileSize), path);
  } catch (cause) {
    return unreadable(path, publicFile, cause);
  }
}

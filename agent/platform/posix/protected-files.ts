import { lstatSync, realpathSync, type Stats } from "node:fs";
import { dirname } from "node:path";
import { AgentError, systemErrorCode } from "../../errors.ts";
import { decodeText, type OpenFile, openFile, readBounded } from "../../files/open-file.ts";
import { exposureOf, type Trust, untrustedPath } from "../../files/trusted-path.ts";
import { type FileKind, maxFileSize, publicFile, secretFile, unreadable } from "../../files/unreadable.ts";
import { failed, found, type Reading } from "../../reading.ts";
import type { Exposure } from "../port.ts";

/** Mode bits, inode(7). */
const groupOrOthers = 0o077;
const readableByGroup = 0o040;

/** Reads a file that holds a secret, if root or this user owns it and no one else may read or replace it. */
export function readProtected(path: string, trust: Trust): Reading<string> {
  return withFile(path, secretFile, (real, file) => {
    const exposure = secretExposure(path, real, file.stats, trust);
    return exposure === undefined ? found(decodeText(readBounded(file, maxFileSize)), path) : exposed(path, exposure);
  });
}

/** Reads a file that holds no secret, if only root and this user may change or replace it. */
export function readTrusted(path: string, trust: Trust): Reading<Buffer> {
  return withFile(path, publicFile, (real, file) => {
    const exposure = exposureOf("", real, file.stats, trust) ?? untrustedPath(path, trust);
    if (exposure === undefined) return found(readBounded(file, maxFileSize), path);
    const finding = `${path} can be changed by ordinary users: ${exposure.why}.`;
    return failed(path, new AgentError("settings-exposed", finding, { remedy: exposure.remedy }));
  });
}

/** How users other than root and this one may change or replace a program, or `false`. */
export function writableByOthers(path: string, trust: Trust): Reading<Exposure | false> {
  try {
    const real = realpathSync(path);
    return found(exposureOf("", real, lstatSync(real), trust) ?? untrustedPath(path, trust) ?? false, path);
  } catch (cause) {
    return unreadable(path, publicFile, cause);
  }
}

/** Whether only trusted users may read or replace a file that this user may not read and of which it got a copy. */
export function judgeUnread(path: string, trust: Trust): Reading<"protected"> {
  try {
    const real = realpathSync(path);
    const exposure = secretExposure(path, real, lstatSync(real), trust);
    return exposure === undefined ? found("protected", path) : exposed(path, exposure);
  } catch (cause) {
    // A user who may not even search its folder can't read it.
    return systemErrorCode(cause) === "EACCES" ? found("protected", path) : unreadable(path, secretFile, cause);
  }
}

/**
 * How an untrusted user can read or replace a secret.
 * @throws AgentError or the system's error
 */
function secretExposure(path: string, real: string, stats: Stats, trust: Trust): Exposure | undefined {
  const allowed = dirname(real) === trust.credentialsFolder ? readableByGroup : 0;
  return untrustedPath(path, trust) ?? exposureOf("", real, stats, trust, groupOrOthers & ~allowed, "600");
}

/** Opens the file first and checks its descriptor, so that the checked file is the one that is read. */
function withFile<T>(path: string, kind: FileKind, use: (real: string, file: OpenFile) => Reading<T>): Reading<T> {
  try {
    const real = realpathSync(path);
    using file = openFile(real, "read");
    return use(real, file);
  } catch (cause) {
    return unreadable(path, kind, cause);
  }
}

function exposed(path: string, { why, remedy }: Exposure): Reading<never> {
  const finding = `The secret in ${path} is not protected, so it is not used: ${why}.`;
  return failed(path, new AgentError("credentials-exposed", finding, { remedy }));
}

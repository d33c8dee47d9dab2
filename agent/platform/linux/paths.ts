import { basename, dirname, isAbsolute, join } from "node:path";
import { systemErrorCode } from "../../errors.ts";
import { readFileAt } from "../../files/open-file.ts";
import { maxFileSize } from "../../files/unreadable.ts";
import type { Paths } from "../port.ts";

type Environment = Readonly<Record<string, string | undefined>>;

const configFolder = "etc/linkuser-agent";
const name = "linkuser-agent";
const logName = `${name}.log`;

/** The administrator's policy, see the contract's table of platforms. */
export const policyPath = (root: string): string => join(root, configFolder, "policy.json");

/** Files in which distributions keep the system-wide proxy. */
export const proxyFiles = ["etc/environment", "etc/sysconfig/proxy"] as const;

/** Folders of root and of a service with its own account; systemd names those that it created (systemd.exec(5)). */
export function systemPaths(root: string, environment: Environment): Paths {
  const stateDir = firstFolder(environment["STATE_DIRECTORY"]) ?? join(root, "var/lib", name);
  const logDir = firstFolder(environment["LOGS_DIRECTORY"]) ?? join(root, "var/log", name);
  return { ...commonPaths(root, environment), stateDir, logFile: join(logDir, logName) };
}

/**
 * A person's folders: the state folder of the XDG Base Directory Specification, also for the log.
 * @param home gives the home folder where $HOME does not
 */
export function personalPaths(root: string, environment: Environment, home: () => string): Paths {
  const stateHome =
    absolute(environment["XDG_STATE_HOME"]) ?? join(absolute(environment["HOME"]) ?? home(), ".local/state");
  const stateDir = join(stateHome, name);
  return { ...commonPaths(root, environment), stateDir, logFile: join(stateDir, logName) };
}

function commonPaths(root: string, environment: Environment): Pick<Paths, "configFile" | "credentialFile"> {
  const credential = installedCredential(root);
  return { configFile: settingsPath(root), credentialFile: handedOn(root, credential, environment) ?? credential };
}

/** The administrator's settings, for all to read. */
export const settingsPath = (root: string): string => join(root, configFolder, "config.json");

/** State and logs of root and of the service; version 0.1.0, whose user was dynamic, had them below `private`. */
export const ownFolders = ["var/lib", "var/lib/private", "var/log", "var/log/private"].map((folder) =>
  join(folder, name),
);

/** The administrator's credential file, which the units pass on. */
export const installedCredential = (root: string): string => join(root, configFolder, "credential.json");

/** The key of this device's certificate, which the units pass on. */
export const installedClientKey = (root: string): string => join(root, configFolder, "client-key.pem");

/** The machine's keys for Kerberos, which the units pass on. */
export const machineKeytab = (root: string): string => join(root, "etc/krb5.keytab");

/** The unit's copy of a file that its user may not read; undefined if there is none. */
export function handedOn(root: string, path: string, environment: Environment): string | undefined {
  const folder = credentialsFolder(environment);
  const isHandedOn = path === installedCredential(root) || path === installedClientKey(root);
  if (folder === undefined || !isHandedOn) return undefined;
  const copy = join(folder, basename(path));
  try {
    return readFileAt(copy, maxFileSize).toString("utf8") === noCredential ? undefined : copy;
  } catch (error) {
    // A file that is there and can't be read must be reported, not skipped.
    return systemErrorCode(error) === "ENOENT" ? undefined : copy;
  }
}

/** The original of a unit's copy; undefined for other paths. */
export function originalOf(root: string, path: string, environment: Environment): string | undefined {
  return dirname(path) === credentialsFolder(environment) ? join(root, configFolder, basename(path)) : undefined;
}

/** The units pass this if there is no file; without it systemd would not start them. */
export const noCredential = "none";

/** systemd's folder of the unit's credentials, systemd.exec(5) LoadCredential=. */
export function credentialsFolder(environment: Environment): string | undefined {
  return absolute(environment["CREDENTIALS_DIRECTORY"]);
}

/** systemd gives several folders with colons between them; the unit's first is this program's. */
const firstFolder = (list: string | undefined): string | undefined => absolute(list?.split(":")[0]);

/** Relative paths in these variables are to be ignored (XDG Base Directory Specification, "Basics"). */
const absolute = (path: string | undefined): string | undefined =>
  path !== undefined && isAbsolute(path) ? path : undefined;

import { environmentName, type SettingName } from "./table.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Settings that decide the destination of requests, trust, and the files that are read and written. */
const decisive = [
  "baseUrl",
  "credentialFile",
  "auth",
  "clientCertFile",
  "clientKeyFile",
  "proxy",
  "proxyAuth",
  "pacUrl",
  "pacFile",
  "caFile",
  "logFile",
  "stateDir",
] as const satisfies readonly SettingName[];

/** Variables that change a run's destination or trust; compared in upper case. */
const personal: ReadonlySet<string> = new Set([
  ...decisive.map(environmentName),
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "ALL_PROXY",
  "NO_PROXY",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  // systemd's, systemd.exec(5): folders of this program.
  "CREDENTIALS_DIRECTORY",
  "LOGS_DIRECTORY",
  "STATE_DIRECTORY",
  // The C library's: text conversion, locales, and name look-ups.
  "GCONV_PATH",
  "HOSTALIASES",
  "LOCALDOMAIN",
  "LOCPATH",
  "NLSPATH",
  "RESOLV_HOST_CONF",
  "RES_OPTIONS",
]);

/**
 * Settings of Kerberos and GSSAPI, which name libraries, key files and traces (kerberos(7)), and of the system's OpenSSL,
 * which Kerberos and a directory's libraries may load into this process: it loads the modules that they name.
 */
const ofLibraries = /^(?:KRB5|GSS_|OPENSSL_)/;

/**
 * The part of its environment that a run obeys. The variables of a service are the machine's: an administrator wrote
 * them into the unit or the system's settings. A privileged run that a person started (`sudo`, `su`, an elevated
 * prompt) has that person's environment, so variables that decide code, trust or destination are ignored.
 * @param privileged whether the run has rights that a person who fills the environment need not have
 * @param person whether a person started it, as far as the system knows
 * @returns `ignored`: names of the removed variables, in their spelling
 */
export function trustedEnvironment(environment: Environment, privileged: boolean, person: boolean) {
  if (!privileged || !isPersonsRun(environment, person)) return { variables: environment, ignored: [] };
  const isPersonal = (name: string): boolean => personal.has(name.toUpperCase()) || ofLibraries.test(name);
  const kept = Object.entries(environment).filter(([name]) => !isPersonal(name));
  const ignored = Object.keys(environment).filter((name) => isPersonal(name) && environment[name]);
  return { variables: Object.fromEntries(kept), ignored };
}

/** Whether a person started this run. @param person as far as the system knows */
export const isPersonsRun = (environment: Environment, person: boolean): boolean =>
  person || callers.some((name) => environment[name]);

/** sudo(8), doas(1) and pkexec(1) name the caller. */
const callers = ["SUDO_UID", "SUDO_USER", "DOAS_USER", "PKEXEC_UID"];

/** Names what was left out, for people; undefined if nothing was. */
export function describeIgnored(ignored: readonly string[]): string | undefined {
  if (ignored.length === 0) return undefined;
  return `ignored, because a person started this privileged run: ${ignored.join(", ")}`;
}

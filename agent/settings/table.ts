import { type Duration, duration } from "../duration.ts";
import {
  absolutePath,
  addingTo,
  choice,
  durationBetween,
  flag,
  integer,
  type Kind,
  list,
  proxy,
  rateLimit,
  registryValue,
  scriptUrl,
  tenantUrl,
  text,
} from "./kinds.ts";

interface Setting<T> {
  readonly kind: Kind<T>;
  /** Undefined if there is no default, or if the platform or another setting provides it. */
  readonly fallback: T | undefined;
  /** One line for help, docs and management tools. */
  readonly help: string;
}

const span = (min: string, max: string): Kind<Duration> => durationBetween(duration(min), duration(max));

function required<T>(kind: Kind<T>, fallback: T, help: string): Setting<T> & { readonly fallback: T } {
  return { kind, fallback, help };
}

/** @param fallbackNote the default that the docs show */
function optional<T>(
  kind: Kind<T>,
  help: string,
  fallbackNote = "none",
): Setting<T> & { readonly fallback: undefined; readonly fallbackNote: string } {
  return { kind, fallback: undefined, fallbackNote, help };
}

/** Accounts under which systems and management tools run; patterns over user names, with or without the domain. */
const serviceAccounts: readonly string[] = [
  "root",
  "SYSTEM",
  "LOCAL SERVICE",
  "NETWORK SERVICE",
  "DWM-*",
  "UMFD-*",
  "defaultuser*",
  "WsiAccount",
  "WDAGUtilityAccount",
];

const pattern = text("PATTERN", "a name or a pattern with * and ?");

/**
 * All settings: the one source for flags, environment names, the settings file, policy, help and docs. CONTRACT: names,
 * defaults and meaning are public.
 *
 * To add one, an entry here; then, each until its test passes:
 * - its row in README.md (`test/docs.test.ts`)
 * - its category in `installer/windows/policy-catalogue.ts` (the compiler) and its path in docs/deploy-intune.md
 *   (`test/docs.test.ts`)
 * - `trusted-environment.ts`, if it decides a run's trust or destination, and `service-files.ts`, if it names a file
 *   (nothing fails: think)
 * - `consistency.ts`, if it must fit another (nothing fails: think)
 *
 * Flags, variables, the settings file, `config`, help, MSI properties, ADMX, Jamf's form and the profile follow by
 * themselves, if they know its kind's `type`.
 */
export const settingsTable = {
  baseUrl: required(tenantUrl, "https://gears.opswat.com", "the tenant's address"),
  clientId: optional(text("KEY"), "OAuth client key; its secret is in the credential file"),
  credentialFile: optional(
    absolutePath("FILE"),
    "JSON with clientId and clientSecret, or accessToken; only administrators may read it",
    "by platform",
  ),
  auth: required(
    choice("auto", "none", "negotiate"),
    "auto",
    "auto: use the credential; none: baseUrl is a gateway that adds the token; negotiate: the same, and the machine logs on to it with its domain account",
  ),
  clientCertFile: optional(absolutePath("FILE"), "client certificate (PEM) for TLS with baseUrl"),
  clientKeyFile: optional(
    absolutePath("FILE"),
    "its key (PEM, PKCS#8, not encrypted); only administrators may read it",
  ),
  identify: required(
    list(choice("opswat", "mac", "hwid"), { min: 1, max: 3 }),
    ["opswat", "mac", "hwid"],
    "sources of the device's identifier, in order",
  ),
  interface: optional(text("NAME|MAC"), "use this network adapter's MAC address; give its name or address"),
  opswatPort: required(integer(1, 65_535, ""), 11_369, "port of the vendor client's local API"),
  opswatRegistry: optional(
    registryValue,
    "Windows: registry value with the vendor client's device ID; overrides the client's keys",
    "the client's keys",
  ),
  maxCandidates: required(
    integer(1, 20, "identifiers"),
    3,
    "maximum number of identifiers to try; each costs one API call",
  ),
  usernameFormat: required(choice("sam", "down-level", "upn"), "sam", "alice, CORP\\alice or alice@corp.example.com"),
  excludeUsers: required(
    addingTo(list(pattern, { min: 0, max: 500 }), serviceAccounts),
    serviceAccounts,
    "users who are never linked: patterns for names, with or without the domain; + stands for the default",
  ),
  groupPrefer: required(
    list(pattern, { min: 0, max: 500 }),
    [],
    "patterns for the user's groups, in order: the first match chooses the group",
  ),
  groupFallback: required(
    choice("primary", "none"),
    "primary",
    "if no pattern matches: send the primary domain group, or none",
  ),
  allowMultiSession: required(flag, false, "link on hosts where several users are logged on at once"),
  fleetSize: optional(integer(1, 10_000_000, "devices"), "number of devices in the rollout; spreads their first links"),
  splay: optional(
    span("0s", "30d"),
    "time span for first links; each device has a fixed point in it",
    "from fleetSize, else 29m",
  ),
  rateLimit: required(
    rateLimit,
    { calls: 10, period: duration("1m") },
    "the account's rate limit, if the vendor granted another one",
  ),
  deadline: required(span("1s", "30d"), duration("8h"), "a run gives up after this time; the next start tries again"),
  requestTimeout: required(span("100ms", "10m"), duration("30s"), "time for one HTTP exchange"),
  retryInitialDelay: required(span("10ms", "1h"), duration("2s"), "shortest back-off after failures other than 429"),
  retryMaxDelay: required(span("10ms", "1d"), duration("15m"), "longest back-off after failures other than 429"),
  relinkAfter: required(
    span("0s", "365d"),
    duration("30d"),
    "send an unchanged link again after this time plus up to a tenth of it; 0s: at every run",
  ),
  proxy: required(proxy, "auto", "auto (environment, then the system's setting), none, or the proxy's URL"),
  proxyAuth: required(
    choice("auto", "negotiate", "ntlm", "basic", "none"),
    "auto",
    "log-on at a proxy: auto (proxyUsername if set, else Negotiate), one scheme only, or none",
  ),
  pacUrl: optional(scriptUrl, "address (http: or https:) of a PAC script, used if proxy is auto"),
  pacFile: optional(absolutePath("FILE"), "PAC script on this machine, used if proxy is auto"),
  caFile: optional(absolutePath("FILE"), "trusted CA certificates (PEM), in addition to the system's"),
  logFile: optional(absolutePath("FILE"), "log of JSON lines, rotated and limited in size", "by platform"),
  logLevel: required(choice("error", "warn", "info", "debug"), "info", "lowest severity to log"),
  stateDir: optional(absolutePath("DIR"), "folder for the remembered link and schedule", "by platform"),
} as const;

type Table = typeof settingsTable;
/** A setting as it is spelled in the settings file. */
export type SettingName = keyof Table;

type KindValue<S> = S extends { readonly kind: Kind<infer T> } ? T : never;

/** The effective settings. Settings with neither a value nor a default are undefined. */
export type Settings = {
  readonly [N in SettingName]: Table[N]["fallback"] extends undefined
    ? KindValue<Table[N]> | undefined
    : KindValue<Table[N]>;
};

/** In the table's order, which help, docs and templates keep. */
export const settingNames = Object.keys(settingsTable) as readonly SettingName[];

const flagNames = Object.fromEntries(
  settingNames.map((name) => [name, `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`]),
) as Readonly<Record<SettingName, string>>;

/** `fleetSize` → `--fleet-size` */
export const flagName = (name: SettingName): string => flagNames[name];

/** `fleetSize` → `LINKUSER_FLEET_SIZE` */
export function environmentName(name: SettingName): string {
  return `LINKUSER_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/** `fleetSize` → `FleetSize`, the registry value's name and the policy's element in ADMX. */
export const policyName = (name: SettingName): string => `${name[0]?.toUpperCase()}${name.slice(1)}`;

/** The value for people: `-` without a value, `none` for an empty list. */
export function formatSetting<N extends SettingName>(name: N, value: Settings[N]): string {
  return (settingText(name, value) ?? "-") || "none";
}

/** A value as its flag takes it, an empty list as an empty text; null without a value. */
export function settingText<N extends SettingName>(name: N, value: Settings[N]): string | null {
  // The table pairs each kind with values of its own type; TypeScript loses that pairing over the union of settings.
  const format = settingsTable[name].kind.format as (value: unknown) => string;
  return value === undefined ? null : format(value);
}

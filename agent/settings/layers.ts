import { AgentError, type ErrorCode } from "../errors.ts";
import { suggestion } from "./nearest.ts";
import {
  environmentName,
  flagName,
  policyName,
  type SettingName,
  type Settings,
  settingNames,
  settingsTable,
} from "./table.ts";

export type LayerKind = "policy" | "flag" | "environment" | "file";

/** Raw values from one place, by setting name; `where` completes "… is not valid" for people. */
export interface Layer {
  readonly kind: LayerKind;
  /** The file or registry key, or undefined if the kind says it all. */
  readonly location: string | undefined;
  /** For a policy: whether its names are in Pascal case, as in the registry. */
  readonly spelling?: "registry" | "file";
  readonly values: Readonly<Record<string, unknown>>;
}

export interface Origin {
  readonly kind: LayerKind | "default";
  readonly location: string | undefined;
  /** `policy /etc/linkuser-agent/policy.json, fleetSize`, `flag --fleet-size`, `default`, … */
  readonly text: string;
}

export interface ResolvedSettings {
  readonly settings: Settings;
  readonly origins: Readonly<Record<SettingName, Origin>>;
}

/** The first wins. */
export const precedence: readonly LayerKind[] = ["policy", "flag", "environment", "file"];

const byDefault: Origin = { kind: "default", location: undefined, text: "default" };

/**
 * Merges the layers, policy over flag over environment over file over default. A wrong value in any layer is refused,
 * even if a higher layer overrides it: it may become effective later.
 * @throws AgentError `setting-invalid` or `setting-unknown` (`invalid-value` for a flag), naming all mistakes
 */
export function resolveSettings(layers: readonly Layer[]): ResolvedSettings {
  const mistakes: { readonly code: ErrorCode; readonly text: string }[] = [];
  const settings: Record<string, unknown> = {};
  const origins: Record<string, Origin> = {};
  for (const name of settingNames) {
    settings[name] = settingsTable[name].fallback;
    origins[name] = byDefault;
  }
  const rank = ({ kind }: Layer): number => precedence.indexOf(kind);
  for (const layer of layers.toSorted((a, b) => rank(b) - rank(a))) {
    for (const [key, raw] of Object.entries(layer.values)) {
      const name = settingNames.find((one) => one === key);
      if (name === undefined) {
        mistakes.push({ code: "setting-unknown", text: unknownSetting(key, layer) });
        continue;
      }
      const { kind, location } = layer;
      const text = originText(name, layer);
      const parsed = settingsTable[name].kind.parse(raw);
      if (parsed.ok) {
        settings[name] = parsed.value;
        origins[name] = { kind, location, text };
      } else {
        const mistake = `${text}: ${shown(raw)} is not valid; it must be ${parsed.allowed}.`;
        mistakes.push({ code: kind === "flag" ? "invalid-value" : "setting-invalid", text: mistake });
      }
    }
  }
  const [first] = mistakes;
  if (first !== undefined) throw new AgentError(first.code, mistakes.map(({ text }) => text).join("\n"));
  return { settings: settings as Settings, origins: origins as Record<SettingName, Origin> };
}

/** The name under which a layer's reader shows a setting to a person. */
function spelledIn({ kind, spelling }: Layer, name: SettingName): string {
  if (spelling === "registry") return policyName(name);
  if (kind === "flag") return flagName(name);
  return kind === "environment" ? environmentName(name) : name;
}

function originText(name: SettingName, layer: Layer): string {
  const { kind, location } = layer;
  const spelled = spelledIn(layer, name);
  return location === undefined ? `${kind} ${spelled}` : `${kind} ${location}, ${spelled}`;
}

function unknownSetting(key: string, layer: Layer): string {
  const { kind, location } = layer;
  const place = `${kind}${location === undefined ? "" : ` ${location}`}`;
  if (isSecretName(key)) return `${place}: ${key} is no setting; a secret belongs in the credential file.`;
  const spellings = settingNames.map((name) => spelledIn(layer, name));
  return `${place}: there is no setting ${key}.${suggestion(key, spellings, kind === "environment" ? variablePrefix : "")}`;
}

/** `clientSecret`, `--access-token`, …: names under which users may try to give a secret as a setting. */
export function isSecretName(name: string): boolean {
  return /^-*(?:client[-_]?)?secret$|^-*(?:access[-_]?)?token$/i.test(name);
}

/** A value in a form that may be shown: without the secrets in a URL. */
function shown(raw: unknown): string {
  const text = (JSON.stringify(raw) ?? String(raw))
    .replace(/\/\/[^/"]*@/g, "//REDACTED@")
    .replace(/\?[^"]*/g, "?REDACTED");
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

const variablePrefix = "LINKUSER_";
/** Variables with the prefix that are no settings: they hold secrets, see `credentials.ts`. */
const secretVariables: ReadonlySet<string> = new Set(["LINKUSER_CLIENT_SECRET", "LINKUSER_ACCESS_TOKEN"]);

/**
 * The settings among the environment's variables; an empty one counts as not set. Names that fit none stay as they are.
 */
export function environmentLayer(environment: Readonly<Record<string, string | undefined>>): Layer {
  const values: Record<string, unknown> = {};
  for (const [variable, value] of Object.entries(environment)) {
    if (!variable.startsWith(variablePrefix) || secretVariables.has(variable) || value === undefined || value === "")
      continue;
    const name = settingNames.find((one) => environmentName(one) === variable);
    values[name ?? variable] = value;
  }
  return { kind: "environment", location: undefined, values };
}

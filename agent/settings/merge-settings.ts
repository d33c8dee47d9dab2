import type { Layer } from "./layers.ts";
import { type SettingName, settingsTable } from "./table.ts";

/** What a settings file is to hold after settings were put into it. */
export interface MergedSettings {
  readonly layer: Layer;
  /** The file's new text; undefined where it holds all of them already. */
  readonly text: string | undefined;
}

/**
 * Puts settings into those of a file, whose other keys stay as they are and in their order.
 * @param given valid values by setting name, as text
 */
export function mergeIntoFile(file: Layer, given: Layer["values"]): MergedSettings {
  const values: Record<string, unknown> = { ...file.values };
  for (const [name, raw] of Object.entries(given)) values[name] = fileForm(name as SettingName, raw);
  const layer: Layer = { ...file, values };
  const text = (one: object): string => `${JSON.stringify(one, undefined, 2)}\n`;
  return { layer, text: text(values) === text(file.values) ? undefined : text(values) };
}

/** The value as a person would write it into JSON: numbers, booleans and lists as such, all else as text. */
function fileForm(name: SettingName, raw: unknown): unknown {
  const { kind } = settingsTable[name];
  const parsed = kind.parse(raw);
  if (!parsed.ok) return raw;
  const { value } = parsed;
  const asIs = kind.policy.editor === "number" || typeof value === "boolean" || Array.isArray(value);
  // The table pairs each kind with values of its own type; TypeScript loses that pairing over the union of settings.
  return asIs ? value : (kind.format as (value: unknown) => string)(value);
}

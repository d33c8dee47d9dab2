import { AgentError } from "../errors.ts";
import { decodeText, whyNot } from "../files/open-file.ts";
import type { Reading } from "../reading.ts";
import { type JsonObject, parseJsonObject } from "./json-object.ts";
import type { Layer } from "./layers.ts";
import { type SettingName, settingsTable } from "./table.ts";

/**
 * Reads a JSON file of settings: one object, setting names as keys.
 * @param file what is at `path`
 * @param required whether it was asked for by name, so that its absence is a mistake
 * @throws AgentError `settings-unreadable`, `settings-exposed`
 */
export function readSettingsFile(path: string, file: Reading<Buffer>, required: boolean): Layer {
  const values = settingsIn("settings file", path, file);
  if (values !== undefined) return { kind: "file", location: path, values };
  if (!required) return { kind: "file", location: path, values: {} };
  throw new AgentError("settings-unreadable", `The settings file ${path} does not exist.`);
}

/**
 * The settings in a file; undefined if it is absent.
 * @param file its errors begin with the path
 * @throws AgentError `settings-unreadable`, `settings-exposed`
 */
export function settingsIn(
  what: "settings file" | "policy",
  path: string,
  file: Reading<Buffer>,
): JsonObject | undefined {
  if (file.kind === "absent") return undefined;
  if (file.kind === "failed") {
    const { code, finding, remedy } = file.error;
    throw new AgentError(code, `The ${what} ${finding}`, { cause: file.error, remedy });
  }
  const fault = (why: string, cause?: unknown) =>
    new AgentError("settings-unreadable", `The ${what} ${path} ${why}.`, { cause });
  let text: string;
  try {
    text = decodeText(file.value);
  } catch (cause) {
    throw fault(`can't be read: ${whyNot(cause)}`, cause);
  }
  const parsed = parseJsonObject(text);
  if ("value" in parsed) return parsed.value;
  throw fault(`${parsed.fault}; it must contain one JSON object, such as {"fleetSize": 2000}`);
}

/**
 * Merges settings into those of a file and keeps its other keys and their order.
 * @param given valid values by setting name, as text
 * @param unset settings that are taken out
 * @returns `text` for the file; undefined if it has all of them already
 */
export function mergeIntoFile(file: Layer, given: Layer["values"], unset: readonly SettingName[] = []) {
  const values: Record<string, unknown> = { ...file.values };
  for (const name of unset) delete values[name];
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
  const asIs = kind.type === "number" || typeof value === "boolean" || Array.isArray(value);
  // The table pairs each kind with values of its own type; TypeScript loses that pairing over the union of settings.
  return asIs ? value : (kind.format as (value: unknown) => string)(value);
}

import type { Platform } from "../platform/port.ts";
import type { ResolvedSettings } from "../settings/layers.ts";
import { formatSetting, type Settings, settingNames, settingText } from "../settings/table.ts";
import { effectivePaths } from "./load-settings.ts";

/** Every setting with its effective value, for JSON and for people, and its origin. */
export function settingRows(platform: Platform, { settings, origins }: ResolvedSettings) {
  const effective: Settings = { ...settings, ...effectivePaths(platform, settings) };
  return settingNames.map((name) => ({
    name,
    value: settingText(name, effective[name]),
    shown: formatSetting(name, effective[name]),
    origin: origins[name],
  }));
}

/** Every setting's effective value, as its flag takes it, and its origin, by name. */
export function describeSettings(
  platform: Platform,
  resolved: ResolvedSettings,
): Readonly<Record<string, { readonly value: string | null; readonly origin: string }>> {
  const rows = settingRows(platform, resolved);
  return Object.fromEntries(rows.map(({ name, value, origin }) => [name, { value, origin: origin.text }]));
}

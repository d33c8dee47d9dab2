import type { Platform } from "../platform/port.ts";
import type { ResolvedSettings } from "../settings/layers.ts";
import { formatSetting, type Settings, settingNames, settingText } from "../settings/table.ts";
import { effectivePaths } from "./load-settings.ts";

export function settingRows(platform: Platform, { settings, origins }: ResolvedSettings) {
  const effective: Settings = { ...settings, ...effectivePaths(platform, settings) };
  return settingNames.map((name) => ({
    name,
    value: settingText(name, effective[name]),
    shown: formatSetting(name, effective[name]),
    origin: origins[name],
  }));
}

export const describeSettings = (rows: ReturnType<typeof settingRows>) =>
  Object.fromEntries(rows.map(({ name, value, origin }) => [name, { value, origin: origin.text }]));

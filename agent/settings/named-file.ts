import type { ResolvedSettings } from "./layers.ts";

/** A file that a setting names. */
export interface SettingFile {
  readonly path: string;
  /** Where it is named, for messages: `file /etc/linkuser-agent/config.json, caFile`. */
  readonly origin: string;
}

/** Undefined where the setting names none. */
export function settingFile(
  name: "caFile" | "clientCertFile" | "clientKeyFile",
  { settings, origins }: ResolvedSettings,
): SettingFile | undefined {
  const path = settings[name];
  return path === undefined ? undefined : { path, origin: origins[name].text };
}

import { AgentError } from "../errors.ts";
import type { Reading } from "../reading.ts";
import type { ResolvedSettings } from "./layers.ts";

export interface SettingFile {
  readonly path: string;
  /** Where it is named, for messages: `file /etc/linkuser-agent/config.json, caFile`. */
  readonly origin: string;
  /** Reads it, unless ordinary users may change it. @throws AgentError `setting-invalid`, `settings-exposed` */
  readonly read: () => Buffer;
}

/** Undefined if the setting names none. @param readTrusted the platform's */
export function settingFile(
  name: "caFile" | "clientCertFile" | "clientKeyFile" | "pacFile",
  { settings, origins }: ResolvedSettings,
  { readTrusted }: { readonly readTrusted: (path: string) => Reading<Buffer> },
): SettingFile | undefined {
  const path = settings[name];
  if (path === undefined) return undefined;
  const origin = origins[name].text;
  return { path, origin, read: () => contentOf(path, origin, readTrusted(path)) };
}

function contentOf(path: string, origin: string, file: Reading<Buffer>): Buffer {
  if (file.kind === "found") return file.value;
  if (file.kind === "absent") throw new AgentError("setting-invalid", `${origin}: ${path} does not exist.`);
  const { code, finding, remedy } = file.error;
  const kept = code === "settings-exposed" ? code : "setting-invalid";
  throw new AgentError(kept, `${origin}: ${finding}`, { cause: file.error, remedy });
}

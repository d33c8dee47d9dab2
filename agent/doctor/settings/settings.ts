import { precedence, type ResolvedSettings } from "../../settings/layers.ts";
import { settingNames } from "../../settings/table.ts";
import type { Finding } from "../check.ts";

/** @param load reads all layers; throws where one has a mistake */
export function checkSettings(load: () => ResolvedSettings): Finding<ResolvedSettings> {
  const value = load();
  const set = precedence
    .map((kind) => ({ kind, names: settingNames.filter((name) => value.origins[name].kind === kind) }))
    .filter(({ names }) => names.length > 0)
    .map(({ kind, names }) => `${kind}: ${names.join(", ")}`);
  const detail = set.length === 0 ? "all at their defaults" : set.join("; ");
  return { status: "ok", detail, value };
}

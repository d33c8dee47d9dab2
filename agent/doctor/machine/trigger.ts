import type { Platform } from "../../platform/port.ts";
import type { ResolvedSettings } from "../../settings/layers.ts";
import type { Finding } from "../check.ts";

/**
 * Whether something starts this program at a logon, with settings that it can use there; `skip` if the platform has no
 * such check.
 * @param settings of that run; undefined if they are not known
 */
export function checkTrigger(
  { trigger, unusableForTrigger }: Pick<Platform, "trigger" | "unusableForTrigger">,
  settings: ResolvedSettings | undefined,
): Finding {
  const reading = trigger?.();
  if (reading === undefined) return { status: "skip", detail: "not checked on this system" };
  if (reading.kind === "found") {
    const error = settings && unusableForTrigger?.(settings);
    return error === undefined ? { status: "ok", detail: reading.value } : { status: "fail", error };
  }
  if (reading.kind === "failed") return { status: "fail", error: reading.error };
  const detail = `Nothing runs at logon: ${reading.reason}`;
  return { status: "warn", detail, advice: "install the package, or run linkuser-agent install" };
}

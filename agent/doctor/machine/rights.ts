import type { Platform } from "../../platform/port.ts";
import type { Finding } from "../check.ts";

/** With whose rights this run looks; those of the trigger's run may be others. */
export function checkRights({ privileged, name }: Pick<Platform, "privileged" | "name">): Finding {
  const administrator = name === "windows" ? "an administrator" : "root";
  if (privileged) return { status: "ok", detail: `runs as ${administrator}` };
  const advice = name === "windows" ? "run it from an elevated prompt" : "sudo linkuser-agent doctor";
  return { status: "warn", detail: "runs as a plain user; the trigger may see other things", advice };
}

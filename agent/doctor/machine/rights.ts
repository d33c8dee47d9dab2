import type { Platform } from "../../platform/port.ts";
import type { Finding } from "../check.ts";

export function checkRights({ privileged, name }: Pick<Platform, "privileged" | "name">): Finding {
  if (privileged) return { status: "ok", detail: `runs as ${administrator(name)}` };
  const advice = name === "windows" ? "run it from an elevated prompt" : "sudo linkuser-agent doctor";
  return { status: "warn", detail: "runs as a plain user; the trigger's run has other rights", advice };
}

const administrator = (name: Platform["name"]): string => (name === "windows" ? "an administrator" : "root");

/** The finding of a check that a plain user can't make; undefined in a run with rights. */
export function needsRights({ privileged, name }: Pick<Platform, "privileged" | "name">): Finding<never> | undefined {
  return privileged ? undefined : { status: "skip", detail: `needs ${administrator(name)}` };
}

import type { Platform } from "../../platform/port.ts";
import { counted } from "../../printable.ts";
import type { Finding } from "../check.ts";

export function checkPolicy(platform: Pick<Platform, "policy">): Finding {
  const policy = platform.policy();
  if (policy.kind === "failed") return { status: "fail", error: policy.error };
  if (policy.kind === "absent") return { status: "ok", detail: `none (${policy.origin})`, value: true };
  const count = Object.keys(policy.value.values).length;
  return { status: "ok", detail: `${counted(count, "setting")} from ${policy.value.origin}`, value: true };
}

import { AgentError } from "../../errors.ts";
import type { Platform } from "../../platform/port.ts";
import type { Finding } from "../check.ts";

export async function checkBindings(selfTest: NonNullable<Platform["selfTest"]>): Promise<Finding> {
  const parts = await selfTest();
  const broken = parts.filter(({ problem }) => problem !== undefined);
  if (broken.length === 0) return { status: "ok", detail: `${parts.length} calls into the system's libraries` };
  const problems = broken.map(({ part, problem }) => `${part} (${problem})`).join("; ");
  return { status: "fail", error: new AgentError("internal", `Calls into the system's libraries fail: ${problems}.`) };
}

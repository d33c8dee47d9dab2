import { AgentError, messageOf } from "../../errors.ts";
import type { Platform } from "../../platform/port.ts";
import type { Finding } from "../check.ts";

/** Tries each part, even if one before it failed. */
export async function checkBindings(selfTest: NonNullable<Platform["selfTest"]>): Promise<Finding> {
  const parts = await selfTest();
  const problems: string[] = [];
  for (const [part, works] of parts) {
    try {
      if (!(await works())) problems.push(`${part} (returned data in an unknown format)`);
    } catch (error) {
      problems.push(`${part} (${messageOf(error)})`);
    }
  }
  if (problems.length === 0) return { status: "ok", detail: `${parts.length} calls into the system's libraries` };
  const message = `Calls into the system's libraries fail: ${problems.join("; ")}.`;
  return { status: "fail", error: new AgentError("internal", message) };
}

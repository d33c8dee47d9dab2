import { type CommandLine, flagText } from "../cli/command-line.ts";
import { AgentError } from "../errors.ts";
import { readVendorDeviceId } from "../gears/devinfo.ts";
import { deviceOf } from "../identity/device/candidates.ts";
import type { UserRequest } from "../identity/find-user.ts";
import { type AskVendorClient, type Survey, takeSurvey } from "../identity/survey.ts";
import type { IdentityFinding } from "../link/ports.ts";
import type { Platform } from "../platform/port.ts";
import type { ResolvedSettings } from "../settings/layers.ts";
import { openSender } from "./network/sender.ts";
import type { Runtime } from "./runtime.ts";

/** Asks the vendor's client on this machine, over a new connection. */
export function vendorClient(runtime: Runtime, resolved: ResolvedSettings, signal: AbortSignal): AskVendorClient {
  return async () => {
    const sender = openSender(runtime, resolved);
    try {
      return await readVendorDeviceId(resolved.settings.opswatPort, sender, signal, runtime.platform.listenerOwner);
    } finally {
      await sender.close();
    }
  };
}

export const userRequest = ({ user, session }: CommandLine["flags"]): UserRequest => ({
  user: flagText(user),
  session: flagText(session),
});

export async function surveyMachine(
  runtime: Runtime,
  resolved: ResolvedSettings,
  flags: CommandLine["flags"],
  signal: AbortSignal,
): Promise<Survey> {
  const ask = vendorClient(runtime, resolved, signal);
  return await takeSurvey(runtime.platform, ask, userRequest(flags), resolved.settings);
}

/** The facts for a link, or why none can be made. */
export function identityFrom(
  { device, user, username, groups, problems, warnings }: Survey,
  system: Platform["name"],
): IdentityFinding {
  if (user.kind === "skipped") return { kind: "skipped", reason: user.reason };
  const { candidates, hardware } = device;
  const group = groups?.group;
  const [problem] = problems;
  if (problem !== undefined) {
    const [first] = candidates;
    return { kind: "failed", error: problem, known: { device: first && deviceOf(first), username, group } };
  }
  if (username === undefined) return { kind: "failed", error: new AgentError("internal", "a user without a name") };
  const exactNames = system === "linux" && user.kind === "user" && user.account.kind === "local";
  return { kind: "identity", identity: { candidates, hardware, username, group, exactNames, warnings } };
}

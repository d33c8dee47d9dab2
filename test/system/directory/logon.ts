import { expect } from "vitest";
import { type Container, runIn } from "./container.ts";

/** The variables that a display manager passes to pam_systemd for a person at the screen. */
export const atScreen = { XDG_SEAT: "seat0", XDG_SESSION_TYPE: "wayland", XDG_SESSION_CLASS: "user" } as const;

/**
 * Opens a session of logind's for a user, through PAM as a display manager does.
 * @param user name or user ID
 * @param service of PAM: another one than a logon's for those by which people become other users
 * @returns its ID once logind lists it
 */
export async function logOn(
  container: Container,
  user: string,
  environment: Readonly<Record<string, string>>,
  service = "login",
): Promise<string> {
  const before = sessionsIn(container);
  const variables = Object.entries(environment).map(([name, value]) => `--setenv=${name}=${value}`);
  const pam = [`--property=PAMName=${service}`, `--property=User=${user}`];
  runIn(container, "systemd-run", "--quiet", ...pam, ...variables, "sleep", "infinity");
  const opened = () => sessionsIn(container).find((id) => !before.includes(id)) ?? "";
  await expect.poll(opened).not.toBe("");
  return opened();
}

/** Ends a session and waits until logind has forgotten it. */
export async function logOff(container: Container, session: string): Promise<void> {
  runIn(container, "loginctl", "terminate-session", session);
  await expect.poll(() => sessionsIn(container)).not.toContain(session);
}

function sessionsIn(container: Container): string[] {
  const lines = runIn(container, "loginctl", "list-sessions", "--no-legend").trim().split("\n");
  return lines.map((line) => line.trim().split(/\s+/)[0] ?? "").filter(Boolean);
}

import { triggerInterval } from "../../../pace/trigger-interval.ts";
import { macosIdentifier } from "../paths.ts";
import { propertyList } from "../plist.ts";
import type { RunTool } from "../tools.ts";

/** Where launchd looks for the jobs of the system that administrators put there (launchd(8)). */
export const daemonFile = `/Library/LaunchDaemons/${macosIdentifier}.plist`;

/** The job as launchctl(1) names it. */
export const daemonTarget = `system/${macosIdentifier}`;

/**
 * The logon trigger: root's job, which launchd starts at boot, when a user logs on or off (both change root's list of
 * logons, utmpx(5)), and every quarter of an hour to continue interrupted links. Never two at once. The program itself
 * determines the user at the screen, so no caller can name another. See launchd.plist(5).
 * @param executable absolute path that only root may change
 * @throws RangeError for a path that a property list can't hold
 */
export function daemonPropertyList(executable: string): string {
  return propertyList({
    Label: macosIdentifier,
    ProgramArguments: [executable, "link", "--will-repeat"],
    RunAtLoad: true,
    WatchPaths: ["/private/var/run/utmpx"],
    StartInterval: triggerInterval / 1000,
    ProcessType: "Background",
    LowPriorityIO: true,
    // 0077: its files are for root only.
    Umask: 0o077,
  });
}

/** `launchctl print` ends with 113 for a job that launchd does not have. */
export function isLoaded(run: RunTool): boolean {
  try {
    run("launchctl", "print", daemonTarget);
    return true;
  } catch {
    return false;
  }
}

/**
 * `launchctl disable` outlasts restarts and upgrades. A line of `print-disabled` is `"LABEL" => disabled`, before
 * macOS 13 `"LABEL" => true`; a job that was enabled again has a line, too. @throws AgentError
 */
export function isDisabled(run: RunTool): boolean {
  const lines = run("launchctl", "print-disabled", "system").split("\n");
  return lines.some((line) => line.includes(`"${macosIdentifier}"`) && /=>\s*(?:disabled|true)\b/.test(line));
}

import { macosIdentifier } from "./identifier.ts";

/** Where launchd looks for the jobs of the system that administrators put there (launchd(8)). */
export const daemonFile = `/Library/LaunchDaemons/${macosIdentifier}.plist`;

/** The name of the job, and of its property list. */
export const daemonLabel = "com.linkuser.agent";

/** Where launchd looks for the jobs of the system that administrators put there (launchd(8)). */
export const daemonFile = `/Library/LaunchDaemons/${daemonLabel}.plist`;

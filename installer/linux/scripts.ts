import { dirname } from "node:path";
import { installedCredential, ownFolders } from "../../agent/platform/linux/paths.ts";
import { loadedUnits, runningUnits, timerUnit } from "../../agent/platform/linux/service/units.ts";

/**
 * What the two package formats have their managers run; under `set -e`. In an image without systemd nothing is to be
 * done.
 */
const whereSystemdRuns = (...commands: readonly string[]): string =>
  ["if [ -d /run/systemd/system ]; then", ...commands.map((command) => `    ${command} || true`), "fi"].join("\n");

/** Units are read anew, and the timer runs from now on; services are started by logons. */
export const afterInstall = whereSystemdRuns("systemctl daemon-reload", `systemctl start ${timerUnit}`);

/** A run that waits for its turn ends; it would find neither its program nor its settings. */
export const beforeRemove = whereSystemdRuns(
  `systemctl stop ${runningUnits.map((unit) => `'${unit}'`).join(" ")}`,
  `systemctl reset-failed '${loadedUnits.all}'`,
);

/** The units are gone by then. */
export const afterRemove = whereSystemdRuns("systemctl daemon-reload");

/** Everything that the program or `linkuser-agent install` made; what else the administrator put beside it stays. */
export const purge = [
  `rm -rf ${ownFolders.map((folder) => `/${folder}`).join(" ")}`,
  `rm -f ${installedCredential("/")}`,
  `rmdir --ignore-fail-on-non-empty ${dirname(installedCredential("/"))} 2>/dev/null || true`,
].join("\n");

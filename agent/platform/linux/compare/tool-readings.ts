import { parseMac } from "../../../identity/mac.ts";
import { type AskTool, askTool, type ReadTools, toolReading } from "../../tool-reading.ts";
import { sessionUnit } from "../service/units.ts";

const unit = sessionUnit.replace("@", "@1");

/** Readings by iproute2, dmidecode, systemd and coreutils. */
export const linuxTools =
  (ask: AskTool = askTool): ReadTools =>
  (account) => {
    const run: (...command: Parameters<AskTool>) => string = (...command) =>
      ask(...command)
        .toString()
        .trim();
    const id = (...parameters: readonly string[]) => run("/usr/bin/id", ...parameters);
    const listSessions = ["list-sessions", "--no-legend", "--no-pager"];
    return [
      toolReading("mac-addresses", "ip -json link", () => parseLinks(run("/sbin/ip", "-json", "link"))),
      toolReading(
        "hardware-uuid",
        "dmidecode -s system-uuid",
        () => [run("/usr/sbin/dmidecode", "-s", "system-uuid").toLowerCase()],
        "ours",
      ),
      toolReading("sessions", "loginctl list-sessions --no-legend", () =>
        parseSessions(run("/usr/bin/loginctl", ...listSessions)),
      ),
      ...(account === undefined
        ? []
        : [
            toolReading("user", `id -u ${account.systemName}`, () => [
              `${id("-u", "--", account.systemName)} ${id("-un", "--", account.userKey)}`,
            ]),
            toolReading("groups", `id -Gnz ${account.systemName}`, () =>
              id("-Gnz", "--", account.systemName).split("\0").filter(Boolean),
            ),
          ]),
      toolReading("trigger", `systemctl show --property=LoadState ${unit}`, () =>
        run("/usr/bin/systemctl", "show", "--property=LoadState", unit) === "LoadState=loaded" ? ["there"] : [],
      ),
    ];
  };

/** Adapters of the Ethernet kind; ip-link(8). */
export function parseLinks(json: string): readonly string[] {
  const links: readonly { link_type?: string; address?: string }[] = JSON.parse(json);
  return links.flatMap(({ link_type, address = "" }) => (link_type === "ether" ? (parseMac(address) ?? []) : []));
}

/** A line begins with the session's ID and the user's; loginctl(1). */
export function parseSessions(lines: string): readonly string[] {
  return lines.split("\n").flatMap((line) => {
    const [id, uid] = line.trim().split(/\s+/);
    return id === undefined || uid === undefined ? [] : [`${id} ${uid}`];
  });
}

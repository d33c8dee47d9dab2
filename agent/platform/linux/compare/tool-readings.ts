import { parseMac } from "../../../identity/mac.ts";
import { type AskTool, askTool, type ReadTools, toolReading } from "../../tool-reading.ts";
import { sessionUnit } from "../service/units.ts";

const unit = sessionUnit.replace("@", "@1");

/** Readings by iproute2, dmidecode, systemd and coreutils. */
export const linuxTools =
  (ask: AskTool = askTool): ReadTools =>
  (account) => [
    toolReading("mac-addresses", "ip -json link", () => parseLinks(text(ask("/sbin/ip", "-json", "link")))),
    toolReading(
      "hardware-uuid",
      "dmidecode -s system-uuid",
      () => [
        text(ask("/usr/sbin/dmidecode", "-s", "system-uuid"))
          .trim()
          .toLowerCase(),
      ],
      "ours",
    ),
    toolReading("sessions", "loginctl list-sessions --no-legend", () =>
      parseSessions(text(ask("/usr/bin/loginctl", "list-sessions", "--no-legend", "--no-pager"))),
    ),
    ...(account === undefined
      ? []
      : [
          toolReading("user", `id -u ${account.systemName}`, () => [
            `${text(ask("/usr/bin/id", "-u", "--", account.systemName)).trim()} ${text(ask("/usr/bin/id", "-un", "--", account.userKey)).trim()}`,
          ]),
          toolReading("groups", `id -Gnz ${account.systemName}`, () =>
            text(ask("/usr/bin/id", "-Gnz", "--", account.systemName))
              .split("\0")
              .filter(Boolean),
          ),
        ]),
    toolReading("trigger", `systemctl show --property=LoadState ${unit}`, () =>
      text(ask("/usr/bin/systemctl", "show", "--property=LoadState", unit)).trim() === "LoadState=loaded"
        ? ["there"]
        : [],
    ),
  ];

const text = (bytes: Buffer): string => bytes.toString("utf8");

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

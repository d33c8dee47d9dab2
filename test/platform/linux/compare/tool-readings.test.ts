import { expect, test } from "vitest";
import { linuxTools } from "../../../../agent/platform/linux/compare/tool-readings.ts";
import type { AskTool } from "../../../../agent/platform/tool-reading.ts";
import { account } from "../../../fakes/accounts.ts";

const links = [
  { ifname: "lo", link_type: "loopback", address: "00:00:00:00:00:00" },
  { ifname: "eth0", link_type: "ether", address: "00:0c:29:f2:7a:29", permaddr: "00:0c:29:f2:7a:2a" },
  { ifname: "tun0", link_type: "none" },
];
const printed: Readonly<Record<string, string>> = {
  "/sbin/ip -json link": JSON.stringify(links),
  "/usr/sbin/dmidecode -s system-uuid": "4C4C4544-0042-3510-8052-B4C04F4B4E32\n",
  "/usr/bin/loginctl list-sessions --no-legend --no-pager":
    "  c1  120 gdm    seat0 tty1\n   2 1000 alice  seat0 tty2 active no -\n",
  "/usr/bin/id -u -- alice": "1000\n",
  "/usr/bin/id -un -- 1000": "alice\n",
  "/usr/bin/id -Gnz -- alice": "domain users\0wheel\0",
  "/usr/bin/systemctl show --property=LoadState linkuser-agent@1.service": "LoadState=loaded\n",
};
const answers =
  (all: Readonly<Record<string, string>>): AskTool =>
  (...command) =>
    Buffer.from(all[command.join(" ")] ?? "?");

const alice = account("alice", { userKey: "1000", systemName: "alice" });
const valuesOf = (all: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    linuxTools(answers(all))(alice).map(({ fact, values }) => [
      fact,
      values.kind === "found" ? values.value : values.kind,
    ]),
  );

test("each tool's output is read in the form of this program's readings", () => {
  expect(valuesOf(printed)).toEqual({
    "mac-addresses": ["00:0c:29:f2:7a:29"],
    "hardware-uuid": ["4c4c4544-0042-3510-8052-b4c04f4b4e32"],
    sessions: ["c1 120", "2 1000"],
    user: ["1000 alice"],
    groups: ["domain users", "wheel"],
    trigger: ["there"],
  });
});

test("output in another form is a failure or nothing, never a value", () => {
  expect(valuesOf({})).toMatchObject({ "mac-addresses": "failed", sessions: [], trigger: [] });
  expect(valuesOf({ "/usr/sbin/dmidecode -s system-uuid": "\n" })).toMatchObject({ "hardware-uuid": "absent" });
});

test("without a user, no user's facts are read", () => {
  const facts = linuxTools(answers(printed))(undefined).map(({ fact }) => fact);
  expect(facts).toEqual(["mac-addresses", "hardware-uuid", "sessions", "trigger"]);
});

import { parseMac } from "../../../identity/mac.ts";
import { type ReadTools, toolReading } from "../../tool-reading.ts";
import { uuidOfRegistry } from "../hardware/hardware-ids.ts";
import { daemonTarget, isLoaded } from "../service/launchd.ts";
import type { RunTool } from "../tools.ts";

/** What macOS' own tools say. Not run on a Mac. */
export const macosTools =
  (run: RunTool): ReadTools =>
  (account) => [
    // Tunnels and Apple Wireless Direct Link have addresses, too.
    toolReading("mac-addresses", "ifconfig -a", () => parseInterfaces(run("ifconfig", "-a")), "theirs"),
    toolReading("hardware-uuid", "ioreg -rd1 -c IOPlatformExpertDevice", () => {
      const uuid = uuidOfRegistry(run);
      return uuid.kind === "found" ? [uuid.value] : uuid;
    }),
    toolReading("console-user", "stat -f %u /dev/console", () => {
      const uid = run("stat", "-f", "%u", "/dev/console").trim();
      // The login window is root's.
      return uid === "0" ? [] : [uid];
    }),
    ...(account === undefined
      ? []
      : [
          toolReading("user", `dscl /Search -read /Users/${account.systemName} UniqueID`, () => {
            const record = run("dscl", "/Search", "-read", `/Users/${account.systemName}`, "UniqueID");
            return [`${/^UniqueID:\s*(\d+)/m.exec(record)?.[1]} ${account.systemName}`];
          }),
        ]),
    toolReading("trigger", `launchctl print ${daemonTarget}`, () => (isLoaded(run) ? ["there"] : [])),
  ];

/** ifconfig(8) */
export const parseInterfaces = (text: string): readonly string[] =>
  [...text.matchAll(/^\s+ether ([0-9a-f:]+)/gm)].flatMap(([, address = ""]) => parseMac(address) ?? []);

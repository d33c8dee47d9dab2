import { expect, test } from "vitest";
import { AgentError } from "../../../../agent/errors.ts";
import type { AskTool } from "../../../../agent/platform/tool-reading.ts";
import { isProtected, windowsTools } from "../../../../agent/platform/windows/compare/tool-readings.ts";
import { account } from "../../../fakes/accounts.ts";

const sid = "S-1-5-21-1-2-3-1104";
const powershell = "WindowsPowerShell\\v1.0\\powershell.exe -NoProfile -NonInteractive -Command";
/** From Microsoft's documentation; none of it was captured on a Windows of ours. */
const printed: Readonly<Record<string, string>> = {
  "getmac.exe /fo csv /nh /v":
    '"Ethernet","Intel(R) I219-LM","00-0C-29-F2-7A-29","\\Device\\Tcpip_{1}"\r\n"Wi-Fi","Intel(R) AX211","N/A","Media disconnected"\r\n',
  [`${powershell} (Get-CimInstance Win32_ComputerSystemProduct).UUID`]: "4C4C4544-0042-3510-8052-B4C04F4B4E32\r\n",
  "whoami.exe /user /fo csv /nh": `"corp\\alice","${sid}"\r\n`,
  "whoami.exe /groups /fo csv /nh":
    '"Everyone","Well-known group","S-1-1-0","Mandatory group"\r\n"CORP\\Sales EMEA","Group","S-1-5-21-1-2-3-1201","Mandatory group, Enabled"\r\n',
  "dsregcmd.exe /status": "             AzureAdJoined : NO\r\n              DomainJoined : YES\r\n",
  "schtasks.exe /query /tn LinkUserAgent /xml": "<UserId>S-1-5-18</UserId>",
  [`${powershell} (Get-Acl -LiteralPath 'C:\\It''s\\credential.json').Sddl`]:
    "O:BAG:DUD:PAI(A;;FA;;;SY)(A;;FA;;;BA)\r\n",
};

const valuesOf = (userKey: string, all = printed) => {
  const ask: AskTool = (path, ...parameters) => {
    const command = [path.replace("C:\\Windows\\System32\\", ""), ...parameters].join(" ");
    const text = all[command];
    if (text === undefined) throw new AgentError("identity-unreadable", `${command} ended with 1.`);
    return Buffer.from(text);
  };
  const tools = windowsTools("C:\\Windows\\System32", "C:\\It's\\credential.json", ask, (bytes) => bytes.toString());
  return Object.fromEntries(
    tools(account("alice", { userKey })).map(({ fact, values }) => [
      fact,
      values.kind === "found" ? values.value : values.kind,
    ]),
  );
};

test("each tool's output is read in the form of this program's readings", () => {
  expect(valuesOf(sid)).toEqual({
    "mac-addresses": ["00:0c:29:f2:7a:29"],
    "hardware-uuid": ["4c4c4544-0042-3510-8052-b4c04f4b4e32"],
    user: [`${sid} corp\\alice`],
    groups: ["Everyone", "CORP\\Sales EMEA"],
    directory: ["domain"],
    trigger: ["there"],
    credential: ["protected"],
  });
});

test("whoami is not compared with another user than its own; a task that is not there is none", () => {
  const { [`schtasks.exe /query /tn LinkUserAgent /xml`]: _, ...rest } = printed;
  expect(valuesOf("S-1-5-21-1-2-3-500", rest)).toMatchObject({ user: "absent", groups: "absent", trigger: [] });
});

test("a tool that prints nothing is compared with nothing", () => {
  const silent = Object.fromEntries(Object.keys(printed).map((command) => [command, ""]));
  const values = Object.entries(valuesOf(sid, silent)).filter(([fact]) => fact !== "trigger");
  expect(values.filter(([, value]) => value !== "failed")).toEqual([]);
  expect(values).toHaveLength(6);
});

test.each([
  ["O:BAG:SYD:P(A;;FA;;;SY)(A;;FA;;;BA)", true],
  ["O:BAG:SYD:(A;;FA;;;SY)(A;;FA;;;BA)", false],
  ["O:BAG:SYD:PAI(A;;FA;;;SY)(A;;0x1200a9;;;BU)", false],
  ["O:BAG:SYD:P", false],
  ["", false],
])("%s is protected: %s", (sddl, expected) => {
  expect(isProtected(sddl)).toBe(expected);
});

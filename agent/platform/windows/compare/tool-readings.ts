import { AgentError } from "../../../errors.ts";
import { parseMac } from "../../../identity/mac.ts";
import { absent } from "../../../reading.ts";
import { type AskTool, askTool, type ReadTools, toolReading } from "../../tool-reading.ts";
import { systemSid } from "../accounts/sids.ts";
import { oemText } from "../native/oem-text.ts";
import { taskName } from "../service/task-definition.ts";

/**
 * What Windows' own tools say. Not run on Windows.
 * @param systemDirectory absolute; from nowhere else are they started
 * @param text of what a tool printed
 */
export const windowsTools =
  (systemDirectory: string, credentialFile: string, ask: AskTool = askTool, text = oemText): ReadTools =>
  (account) => {
    const run = (tool: string, ...parameters: readonly string[]) => {
      const printed = text(ask(`${systemDirectory}\\${tool}`, ...parameters)).trim();
      if (printed === "") throw new AgentError("identity-unreadable", `${tool} printed nothing.`);
      return printed;
    };
    const shell = (script: string) =>
      run("WindowsPowerShell\\v1.0\\powershell.exe", "-NoProfile", "-NonInteractive", "-Command", script);
    const uuid = "(Get-CimInstance Win32_ComputerSystemProduct).UUID";
    const sddl = `(Get-Acl -LiteralPath '${credentialFile.replaceAll("'", "''")}').Sddl`;
    const whoami = (what: "/user" | "/groups") => parseCsv(run("whoami.exe", what, "/fo", "csv", "/nh"));
    const ofAccount = (what: "/user" | "/groups", read: (rows: ReturnType<typeof whoami>) => readonly string[]) => {
      const [[, sid] = []] = whoami("/user");
      if (sid === undefined) throw new AgentError("identity-unreadable", "whoami.exe /user printed no SID.");
      return sid === account?.userKey
        ? read(whoami(what))
        : absent(`whoami ${what}`, "whoami knows only the user of this run");
    };
    return [
      toolReading("mac-addresses", "getmac /v", () => parseMacs(run("getmac.exe", "/fo", "csv", "/nh", "/v")), "ours"),
      toolReading("hardware-uuid", uuid, () => [shell(uuid).toLowerCase()], "ours"),
      ...(account === undefined
        ? []
        : [
            toolReading("user", "whoami /user", () =>
              ofAccount("/user", (rows) => rows.map(([name, sid]) => `${sid} ${name}`)),
            ),
            toolReading(
              "groups",
              "whoami /groups",
              () => ofAccount("/groups", (rows) => rows.flatMap(([name]) => name ?? [])),
              "theirs",
            ),
            toolReading("directory", "dsregcmd /status", () => parseJoins(run("dsregcmd.exe", "/status")), "theirs"),
          ]),
      toolReading("trigger", `schtasks /query /tn ${taskName} /xml`, () => {
        try {
          return run("schtasks.exe", "/query", "/tn", taskName, "/xml").includes(systemSid) ? ["there"] : [];
        } catch {
          // It ends with 1 where there is no such task.
          return [];
        }
      }),
      toolReading("credential", sddl, () => (isProtected(shell(sddl)) ? ["protected"] : [])),
    ];
  };

/** Rows of quoted fields. */
export const parseCsv = (text: string): readonly (readonly string[])[] =>
  text
    .split(/\r?\n/)
    .filter((line) => line.startsWith('"'))
    .map((line) => [...line.matchAll(/"([^"]*)"/g)].map(([, field = ""]) => field));

export const parseMacs = (csv: string): readonly string[] =>
  parseCsv(csv).flatMap((fields) => fields.flatMap((field) => parseMac(field) ?? []));

/** Lines `AzureAdJoined : YES`, in English in every language of Windows. */
export function parseJoins(text: string): readonly string[] {
  const says = (name: string) => new RegExp(`^\\s*${name}\\s*:\\s*YES\\s*$`, "m").test(text);
  return [...(says("DomainJoined") ? ["domain"] : []), ...(says("AzureAdJoined") ? ["entra"] : [])];
}

/** Whether an SDDL text allows SYSTEM and Administrators alone and inherits nothing. */
export function isProtected(sddl: string): boolean {
  const [, flags = "", entries = ""] = /D:([A-Z]*)((?:\([^)]*\))*)/.exec(sddl) ?? [];
  const trustees = [...entries.matchAll(/\(A;[^)]*;([^;)]+)\)/g)].map(([, trustee = ""]) => trustee);
  return flags.includes("P") && trustees.length > 0 && trustees.every((one) => one === "SY" || one === "BA");
}

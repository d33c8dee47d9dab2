import { defaultText } from "../../agent/cli/help.ts";
import { macosIdentifier } from "../../agent/platform/macos/paths.ts";
import { type PlistValue, plistElement, plistEntry, plistHead, plistTail } from "../../agent/platform/macos/plist.ts";
import { type SettingName, settingNames, settingsTable } from "../../agent/settings/table.ts";
import { uuidOf } from "../uuid.ts";

/**
 * A configuration profile for management tools, to be edited: every setting is in it as a comment, so that it
 * forces nothing by itself. Its second payload keeps people from turning the job off in System Settings (macOS 13).
 */
export function configurationProfile(): string {
  return [
    plistHead,
    "  <dict>\n",
    ...Object.entries(payloadHead("Configuration", macosIdentifier, "linkuser-agent")).map(entry("    ")),
    entry("    ")(["PayloadScope", "System"]),
    "    <key>PayloadContent</key>\n    <array>\n",
    settingsPayload(),
    plistElement(loginItemsPayload, "      "),
    "    </array>\n  </dict>\n",
    plistTail,
  ].join("");
}

const entry =
  (indent: string) =>
  ([key, value]: readonly [string, PlistValue]): string =>
    plistEntry(key, value, indent);

/** The keys that every payload has (Apple, "Top level" and "CommonPayloadKeys" of Device Management). */
function payloadHead(type: string, identifier: string, name: string): Readonly<Record<string, PlistValue>> {
  return {
    PayloadType: type,
    PayloadVersion: 1,
    PayloadIdentifier: identifier,
    // The same for the same identifier, so that a new version of the profile replaces the old one.
    PayloadUUID: uuidOf(`profile payload ${identifier}`).toUpperCase(),
    PayloadDisplayName: name,
  };
}

function settingsPayload(): string {
  const head = payloadHead(macosIdentifier, `${macosIdentifier}.settings`, "linkuser-agent: settings");
  return [
    "      <dict>\n",
    ...Object.entries(head).map(entry("        ")),
    "        <!-- Uncomment a setting to force it. No secret belongs here: everybody can read profiles. -->\n",
    ...settingNames.map(commented),
    "      </dict>\n",
  ].join("");
}

function commented(name: SettingName): string {
  const { help, kind } = settingsTable[name];
  const lines = plistEntry(name, exampleOf(name), "        ");
  const text = ` ${help}. ${kind.placeholder}; default: ${defaultText(name)}\n${lines}        `;
  // XML 1.0, 2.5
  if (text.includes("--")) throw new RangeError(`the setting ${name} has two dashes, which would end its comment`);
  return `        <!--${text}-->\n`;
}

/** The default, or the placeholder of the value in help. */
function exampleOf(name: SettingName): PlistValue {
  const { fallback, kind } = settingsTable[name];
  if (typeof fallback === "boolean" || (kind.type === "number" && typeof fallback === "number")) return fallback;
  if (kind.type === "number") return kind.min;
  if (kind.type === "list") return Array.isArray(fallback) && fallback.length > 0 ? fallback : [kind.placeholder];
  // The table pairs each kind with values of its own type; TypeScript loses that pairing over the union of settings.
  return fallback === undefined ? kind.placeholder : (kind.format as (value: unknown) => string)(fallback);
}

/** Apple, ServiceManagementManagedLoginItems: only from a management tool that the user or the maker enrolled. */
const loginItemsPayload: PlistValue = {
  ...payloadHead("com.apple.servicemanagement", `${macosIdentifier}.login-items`, "linkuser-agent: background job"),
  Rules: [{ RuleType: "Label", RuleValue: macosIdentifier, Comment: "links this Mac to its user at logon" }],
};

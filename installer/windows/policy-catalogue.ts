import { defaultText } from "../../agent/cli/help.ts";
import { policyName, type SettingName, settingNames, settingsTable } from "../../agent/settings/table.ts";

/** Folders of the Group Policy editor, in their order there. */
export const categories = {
  Account: "Account and server",
  Device: "Which device",
  Person: "Which user and group",
  Rollout: "Rollout and retries",
  Network: "Network",
  Files: "Files and log",
} as const;

export type Category = keyof typeof categories;

interface Place {
  readonly category: Category;
  /** In the editor's list; the words of the setting's name. */
  readonly title: string;
  /**
   * The editor's initial value for a number without a default. An administrator who enables a policy without reading it
   * gets this; the editor's own choice would be the least value.
   */
  readonly offered?: number;
}

const places = {
  baseUrl: { category: "Account", title: "Base URL of the tenant" },
  clientId: { category: "Account", title: "Client ID" },
  auth: { category: "Account", title: "Authentication" },
  clientCertFile: { category: "Account", title: "Client certificate" },
  clientKeyFile: { category: "Account", title: "Key of the client certificate" },
  credentialFile: { category: "Account", title: "Credential file" },
  identify: { category: "Device", title: "Sources of the device's identifier" },
  interface: { category: "Device", title: "Network adapter" },
  opswatPort: { category: "Device", title: "Port of the vendor's client" },
  opswatRegistry: { category: "Device", title: "Device ID of the vendor's client" },
  maxCandidates: { category: "Device", title: "Maximum number of identifiers" },
  usernameFormat: { category: "Person", title: "Form of the user name" },
  excludeUsers: { category: "Person", title: "Users who are not linked" },
  groupPrefer: { category: "Person", title: "Preferred groups" },
  groupFallback: { category: "Person", title: "Group if no pattern matches" },
  allowMultiSession: { category: "Person", title: "Link if several users are logged on" },
  // Spreads first links over three hours; the least, 1, would start all devices at once.
  fleetSize: { category: "Rollout", title: "Fleet size", offered: 1000 },
  splay: { category: "Rollout", title: "Splay of the first link" },
  rateLimit: { category: "Rollout", title: "Rate limit of the account" },
  deadline: { category: "Rollout", title: "Deadline of a run" },
  retryInitialDelay: { category: "Rollout", title: "Shortest back-off" },
  retryMaxDelay: { category: "Rollout", title: "Longest back-off" },
  relinkAfter: { category: "Rollout", title: "Link again after" },
  requestTimeout: { category: "Network", title: "Request timeout" },
  proxy: { category: "Network", title: "Proxy" },
  proxyAuth: { category: "Network", title: "Proxy log-on" },
  pacUrl: { category: "Network", title: "Address of the PAC script" },
  pacFile: { category: "Network", title: "File of the PAC script" },
  caFile: { category: "Network", title: "Further trusted certificates" },
  logFile: { category: "Files", title: "Log file" },
  logLevel: { category: "Files", title: "Log level" },
  stateDir: { category: "Files", title: "State folder" },
} as const satisfies Readonly<Record<SettingName, Place>>;

/** One setting as the Group Policy editor shows it. */
export interface CataloguedPolicy extends Place {
  readonly setting: SettingName;
  /** The name of the policy, its element and its registry value. */
  readonly name: string;
  readonly explanation: string;
  /** As in the docs: `10/1m`, `none`. */
  readonly standard: string;
}

/** All policies, one for each setting, in the table's order. */
export const policyCatalogue: readonly CataloguedPolicy[] = settingNames.map((setting) => ({
  setting,
  name: policyName(setting),
  ...places[setting],
  standard: defaultText(setting),
  explanation: explanationOf(setting),
}));

function explanationOf(setting: SettingName): string {
  const { kind, help } = settingsTable[setting];
  const sentences = [
    `${capital(help)}.`,
    `Allowed: ${kind.allowed}.`,
    ...(kind.type === "list" ? ["One item per line, in order."] : []),
    `Default: ${defaultText(setting)}.`,
    ...(setting === "credentialFile" || setting === "clientKeyFile"
      ? ["The secret itself belongs in that file, never in a policy."]
      : []),
    kind.type === "switch"
      ? "Not configured: the device's settings file applies, else the default."
      : "Not configured or disabled: the device's settings file applies, else the default.",
    `Name in the settings file: ${setting}.`,
  ];
  return sentences.join("\n\n");
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

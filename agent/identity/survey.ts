import { AgentError } from "../errors.ts";
import { found, type Reading } from "../reading.ts";
import type { Settings } from "../settings/table.ts";
import { namedAdapter } from "./device/adapter-rank.ts";
import { type Candidates, listCandidates, type SourceReadings } from "./device/candidates.ts";
import type { DeviceId } from "./device-id.ts";
import { findUser, type UserFinding, type UserRequest } from "./find-user.ts";
import { chooseGroup, type GroupChoice } from "./group-choice.ts";
import type { Account, IdentitySources } from "./sources.ts";
import { sendsPrincipalName, usernameOf } from "./username.ts";

/** All facts about this device and its user, for `--dry-run` and the link. */
export interface Survey {
  readonly device: Candidates;
  readonly user: UserFinding;
  /** Undefined if there is no user to link. */
  readonly username: string | undefined;
  /** Undefined if there is no user, or the groups can't be read. */
  readonly groups: GroupChoice | undefined;
  /** The reasons why no link can be made now. */
  readonly problems: readonly AgentError[];
  readonly warnings: readonly string[];
}

export type AskVendorClient = () => Promise<Reading<DeviceId>>;

/** Looks at the hardware, the logged-on user and the groups. Sends nothing to the API. */
export async function takeSurvey(
  platform: IdentitySources,
  askVendorClient: AskVendorClient,
  request: UserRequest,
  settings: Settings,
): Promise<Survey> {
  const readings = await readSources(platform, askVendorClient, settings);
  const device = listCandidates(readings, settings);
  const user = await findUser(platform, request, settings);
  const problems: AgentError[] = [];
  const warnings = device.passedOver
    .filter(({ failed }) => failed)
    .map(({ source, detail, reason }) => `${source}: ${detail} could not be read: ${reason}`);
  warnings.push(...missingInterface(readings.mac, settings.interface));
  if (device.candidates.length === 0) problems.push(noIdentifier(device));
  if (user.kind === "none") problems.push(user.error);
  if (user.kind !== "user") return { device, user, username: undefined, groups: undefined, problems, warnings };

  const account = await withPrincipalName(user.account, platform, settings.usernameFormat);
  if (account.kind === "failed") problems.push(account.error);
  const name = usernameOf(account.kind === "found" ? account.value : user.account, settings.usernameFormat);
  if (name.kind === "valid") warnings.push(...name.warnings);
  else problems.push(new AgentError("request-refused", `The user name ${name.reason}.`));
  const read = await platform.groups(user.account);
  if (read.kind === "failed") {
    if (sendsGroups(settings)) problems.push(read.error);
    else warnings.push(`groups: ${read.error.message}`);
  }
  const groups = read.kind === "failed" ? undefined : chooseGroup(read.kind === "found" ? read.value : [], settings);
  warnings.push(...(groups?.warnings ?? []));
  if (groups?.problem !== undefined) problems.push(groups.problem);
  const username = account.kind === "failed" ? undefined : name.username;
  return { device, user, username, groups, problems, warnings };
}

/** Reports a named adapter without an identifier: the run continues with others, which may not be intended. */
function missingInterface(adapters: SourceReadings["mac"], wanted: string | undefined): readonly string[] {
  if (
    wanted === undefined ||
    adapters?.kind !== "found" ||
    namedAdapter(adapters.value, wanted).candidates.length > 0
  ) {
    return [];
  }
  const names = adapters.value.map(({ name }) => name).join(", ");
  return [`interface: there is no adapter ${wanted}; this machine has ${names || "none"}`];
}

/** Looks up the UPN if it is to be sent and the account lacks it: absent if there is none. */
async function withPrincipalName(
  account: Account,
  platform: IdentitySources,
  format: Settings["usernameFormat"],
): Promise<Reading<Account>> {
  if (!sendsPrincipalName(account, format) || account.upn !== undefined || platform.principalName === undefined) {
    return found(account, account.systemName);
  }
  const looked = await platform.principalName(account);
  return looked.kind === "found" ? found({ ...account, upn: looked.value }, looked.origin) : looked;
}

/** If no group is ever sent, the run does not wait for one that can't be looked up. */
const sendsGroups = ({ groupPrefer, groupFallback }: Settings): boolean =>
  groupPrefer.length > 0 || groupFallback !== "none";

async function readSources(
  platform: IdentitySources,
  askVendorClient: AskVendorClient,
  { identify, opswatRegistry }: Settings,
): Promise<SourceReadings> {
  return {
    ...(identify.includes("opswat") ? await vendorIds(platform, askVendorClient, opswatRegistry) : {}),
    ...(identify.includes("mac") ? { mac: await platform.adapters() } : {}),
    ...(identify.includes("hwid") ? { hwid: await platform.hardwareIds() } : {}),
  };
}

/**
 * The value that only administrators can write comes first: any user may listen on the client's port. The reported ID
 * is used if neither has one.
 */
async function vendorIds(
  platform: IdentitySources,
  askVendorClient: AskVendorClient,
  registryValue: string | undefined,
): Promise<Pick<SourceReadings, "opswat" | "reported">> {
  const kept = await platform.vendorDeviceId(registryValue);
  if (kept.kind === "found") return { opswat: [kept] };
  const asked = await askVendorClient();
  const reported = asked.kind === "found" ? undefined : await platform.reportedDeviceId?.();
  return { opswat: [kept, asked], ...(reported === undefined ? {} : { reported }) };
}

function noIdentifier({ passedOver }: Pick<Candidates, "passedOver">): AgentError {
  const why = passedOver.map(({ source, detail, reason }) => `${source}, ${detail}: ${reason}`).join("; ");
  const code = passedOver.some(({ failed }) => failed) ? "identity-unreadable" : "no-identifier";
  return new AgentError(
    code,
    `No identifier of this device could be read (${why}). See the settings identify and interface.`,
  );
}

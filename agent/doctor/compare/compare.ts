import { isVoid } from "../../identity/mac.ts";
import type { Account } from "../../identity/sources.ts";
import type { Platform } from "../../platform/port.ts";
import type { ComparedFact, ToolReading } from "../../platform/tool-reading.ts";
import { absent, found, type Reading } from "../../reading.ts";
import type { Finding } from "../check.ts";
import type { DoctorContext, ValuesFor } from "../context.ts";

export interface Comparison {
  readonly fact: ComparedFact;
  /** The tool's, as a person would type it. */
  readonly command: string;
  readonly result: "equal" | "different" | "not-compared";
  readonly ours: readonly string[];
  readonly theirs: readonly string[];
  /** Why nothing was compared, or why one side could not be read. */
  readonly reason: string | undefined;
}

/** Compares each reading with the system's own tools, which only this check starts. */
export async function checkComparison(
  { platform }: DoctorContext,
  { survey }: ValuesFor<"survey">,
): Promise<Finding<readonly Comparison[]>> {
  const { user } = survey.survey;
  const account = user.kind === "user" ? user.account : undefined;
  const readings = (await platform.readTools?.(account)) ?? [];
  const value = await compareWith(readings, platform, account);
  const count = (result: Comparison["result"]) => value.filter((one) => one.result === result);
  const [different, equal] = [count("different"), count("equal").length];
  const detail = `${equal} of ${value.length} facts are equal, ${different.length} differ, ${count("not-compared").length} not compared`;
  if (different.length === 0) return { status: "ok", detail, value };
  return { status: "warn", detail: `${detail}: ${different.map(({ fact }) => fact).join(", ")}`, value };
}

/** @internal */
export async function compareWith(
  readings: readonly ToolReading[],
  platform: Platform,
  account: Account | undefined,
): Promise<readonly Comparison[]> {
  const compared: Comparison[] = [];
  for (const reading of readings) {
    compared.push(comparison(reading, await readFacts[reading.fact](platform, account)));
  }
  return compared;
}

/** @internal */
export function comparison(
  { fact, command, values, mayHaveMore }: ToolReading,
  own: Reading<readonly string[]>,
): Comparison {
  const [ours, theirs] = [own, values].map((one) => (one.kind === "found" ? [...new Set(one.value)].toSorted() : []));
  const sides = { fact, command, ours: ours ?? [], theirs: theirs ?? [] };
  if (values.kind !== "found") return { ...sides, result: "not-compared", reason: reasonOf(values) };
  if (own.kind === "failed") return { ...sides, result: "different", reason: reasonOf(own) };
  const has = (all: readonly string[], some: readonly string[]) =>
    some.every((one) => all.some((other) => same(one, other)));
  const equal =
    (mayHaveMore === "ours" || has(sides.theirs, sides.ours)) &&
    (mayHaveMore === "theirs" || has(sides.ours, sides.theirs));
  return { ...sides, result: equal ? "equal" : "different", reason: own.kind === "absent" ? own.reason : undefined };
}

/** Windows ignores the case of names, and no two names here differ only by case. */
const same = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

const reasonOf = (reading: Reading<unknown>): string =>
  reading.kind === "failed" ? reading.error.finding : reading.kind === "absent" ? reading.reason : "";

type ReadFact = (platform: Platform, account: Account | undefined) => Promise<Reading<readonly string[]>>;

const noAccount = absent("account", "there is no user");

/** This program's readings, in the form of the tools'. */
const readFacts: Readonly<Record<ComparedFact, ReadFact>> = {
  "mac-addresses": async (platform) =>
    mapped(await platform.adapters(), (all) =>
      all.flatMap(({ mac }) => (mac === undefined || isVoid(mac) ? [] : [mac])),
    ),
  "hardware-uuid": async (platform) => {
    const ids = await platform.hardwareIds();
    const values = ids.flatMap((id) => (id.kind === "found" ? [id.value] : []));
    const none = ids.find((id) => id.kind !== "found") ?? absent("hardware", "it has no identifier");
    return values.length > 0 ? found(values, "hardware") : none;
  },
  sessions: async (platform) =>
    mapped(await platform.sessions(), (all) => all.map(({ id, userKey }) => `${id} ${userKey}`)),
  "console-user": async (platform) =>
    mapped(await platform.sessions(), (all) =>
      all
        .filter(({ state, seat, local }) => state === "active" && local && seat !== undefined)
        .map((one) => one.userKey),
    ),
  user: async (platform, account) =>
    account === undefined
      ? noAccount
      : mapped(await platform.account(account.userKey), ({ userKey, systemName }) => [`${userKey} ${systemName}`]),
  groups: async (platform, account) =>
    account === undefined
      ? noAccount
      : mapped(await platform.groups(account), (all) => all.map(({ systemName }) => systemName)),
  directory: async (_, account) =>
    account === undefined
      ? noAccount
      : found(account.kind === "domain" || account.kind === "entra" ? [account.kind] : [], "account"),
  trigger: async (platform) =>
    mapped(platform.trigger?.() ?? absent("trigger", "it is not read here"), () => ["there"]),
  credential: async (platform) => mapped(platform.readProtected(platform.paths.credentialFile), () => ["protected"]),
};

const mapped = <T>(reading: Reading<T>, values: (value: T) => readonly string[]): Reading<readonly string[]> =>
  reading.kind === "found" ? { ...reading, value: values(reading.value) } : reading;

import { parse } from "plist";
import { expect, test } from "vitest";
import { resolveSettings } from "../../../agent/settings/layers.ts";
import { settingNames, settingsTable } from "../../../agent/settings/table.ts";
import { configurationProfile } from "../../../installer/macos/profile.ts";

const profile = configurationProfile();

interface Payload {
  readonly PayloadType: string;
  readonly PayloadIdentifier: string;
  readonly PayloadUUID: string;
  readonly PayloadVersion: number;
}
type Profile = Payload & { readonly PayloadContent: readonly (Payload & Readonly<Record<string, unknown>>)[] };

const read = (text: string): Profile => parse(text) as unknown as Profile;
const payloads = read(profile).PayloadContent;

test("every payload has Apple's required keys and a lasting identifier", () => {
  const all: readonly Payload[] = [read(profile), ...payloads];
  for (const { PayloadUUID, PayloadVersion } of all) {
    expect(PayloadUUID).toMatch(/^[0-9A-F]{8}-[0-9A-F]{4}-8[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}$/);
    expect(PayloadVersion).toBe(1);
  }
  expect(new Set(all.map(({ PayloadUUID }) => PayloadUUID)).size).toBe(3);
  expect(all.map(({ PayloadType }) => PayloadType)).toEqual([
    "Configuration",
    "com.linkuser.agent",
    "com.apple.servicemanagement",
  ]);
  expect(configurationProfile()).toBe(profile);
});

test("the unchanged profile forces nothing", () => {
  const keys = Object.keys(payloads[0] ?? {});
  expect(keys.filter((key) => !key.startsWith("Payload"))).toEqual([]);
});

/** The part of a comment before the setting's own lines. */
const commentOf = (name: string): string | undefined =>
  [...profile.matchAll(/<!--(.*?)-->/gs)].map(([, text]) => text).find((text) => text?.includes(`<key>${name}</key>`));

test.each(settingNames)("%s is in a comment with its help, and becomes a setting when uncommented", (name) => {
  const comment = commentOf(name) ?? "";
  expect(comment).toContain(settingsTable[name].help.replaceAll("&", "&amp;"));
  const [, entry] = comment.match(/^[^\n]*\n(.*)$/s) ?? [];
  const taken = read(profile.replace(`<!--${comment}-->`, entry ?? "")).PayloadContent[0] ?? {};
  expect(Object.keys(taken)).toContain(name);
  // A placeholder such as FILE is no example.
  const value = (taken as Record<string, unknown>)[name];
  if (settingsTable[name].fallback === undefined) return;
  const layer = { kind: "policy", location: "profile", spelling: "file", values: { [name]: value } } as const;
  const resolved = resolveSettings([layer]).settings[name];
  const { fallback } = settingsTable[name];
  if (Array.isArray(fallback) && fallback.length === 0) expect(resolved).toHaveLength(1);
  else expect(resolved).toEqual(fallback);
});

test("people can't turn the job off", () => {
  expect(payloads[1]).toMatchObject({ Rules: [{ RuleType: "Label", RuleValue: "com.linkuser.agent" }] });
});

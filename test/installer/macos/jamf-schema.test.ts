import { expect, test } from "vitest";
import { resolveSettings } from "../../../agent/settings/layers.ts";
import { settingNames, settingsTable } from "../../../agent/settings/table.ts";
import { jamfSchema } from "../../../installer/macos/jamf-schema.ts";

interface Property {
  readonly description: string;
  readonly type: "string" | "integer" | "boolean" | "array";
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly property_order: number;
  readonly default?: unknown;
}
const schema = JSON.parse(jamfSchema()) as { readonly properties: Readonly<Record<string, Property>> };

const accepted = (name: string, value: unknown): boolean => {
  try {
    resolveSettings([{ kind: "policy", location: "x", spelling: "file", values: { [name]: value } }]);
    return true;
  } catch {
    return false;
  }
};

test("the form has every setting, in the table's order", () => {
  const { properties } = schema;
  expect(Object.keys(properties)).toEqual(settingNames);
  const orders = Object.values(properties).map(({ property_order }) => property_order);
  expect(orders).toEqual(orders.toSorted((a, b) => a - b));
  expect(schema).toMatchObject({
    __preferencedomain: "com.linkuser.agent",
    options: { remove_empty_properties: true, display_required_only: true },
  });
});

test.each(settingNames)("the form and the program accept the same values for %s", (name) => {
  const property = schema.properties[name];
  expect(property?.description).toContain(settingsTable[name].help);
  const { type, minimum = 0, maximum = 0 } = property ?? {};
  for (const choice of property?.enum ?? []) expect(accepted(name, choice)).toBe(true);
  if (type === "boolean") expect([accepted(name, true), accepted(name, false)]).toEqual([true, true]);
  if (type === "integer") {
    expect([minimum - 1, minimum, maximum, maximum + 1].map((value) => accepted(name, value))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  }
});

/** Seen of json-editor 2.17.2, which shows the form: an empty text is left out, anything else has a value. */
function untouched({ type, enum: choices, default: standard }: Property): unknown {
  const empty = { string: choices?.[0], integer: 0, boolean: false, array: [] };
  return standard ?? empty[type];
}

test("a form that is saved unchanged leaves every setting at its default", () => {
  const values = Object.entries(schema.properties)
    .map(([name, property]) => [name, untouched(property)] as const)
    .filter(([, value]) => value !== undefined);
  const saved = { kind: "policy", location: "x", spelling: "file", values: Object.fromEntries(values) } as const;
  expect(resolveSettings([saved]).settings).toEqual(resolveSettings([]).settings);
});

test("a fleet size is taken as the form sends it, as text", () => {
  expect(schema.properties["fleetSize"]?.type).toBe("string");
  expect(accepted("fleetSize", "500")).toBe(true);
});

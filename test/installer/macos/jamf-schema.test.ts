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
    options: { remove_empty_properties: true },
  });
});

test.each(settingNames)("what the form takes for %s the program takes, and nothing beyond its bounds", (name) => {
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

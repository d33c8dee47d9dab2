import { DOMParser } from "@xmldom/xmldom";
import { describe, expect, test } from "vitest";
import { msiSource } from "../../../installer/windows/msi-source.ts";
import { holds } from "./msi-condition.ts";

const source = msiSource({ version: "1.2.3", productCode: "*", executable: "a.exe", icon: "a.ico" });
const document = new DOMParser().parseFromString(source, "text/xml");
const actions = [...document.getElementsByTagName("Custom")];

/** Whether an action runs, with these properties set. */
function runs(action: string, properties: Readonly<Record<string, string>>): boolean {
  const found = actions.find((one) => one.getAttribute("Action") === action);
  if (found === undefined) throw new Error(`no action ${action}`);
  return holds(found.textContent ?? "", properties);
}

const url = { BASEURL: "https://gears.example.com" };

describe("settings are taken", () => {
  test.each([
    ["at a first installation by an administrator", { ProductState: "-1", AdminUser: "1" }, true],
    ["at one that asks for an administrator's consent", { ProductState: "-1" }, true],
    ["where a management tool installs what was advertised", { ProductState: "1", AdminUser: "1" }, true],
    ["where a plain user installs what was advertised", { ProductState: "1" }, false],
    ["at a repair", { Installed: "1", ProductState: "5", AdminUser: "1" }, false],
  ])("%s: %s", (_when, properties, expected) => {
    expect(runs("Give_BASEURL", { ...url, ...properties })).toBe(expected);
  });
});

describe("the program is called, as SYSTEM and with a console,", () => {
  test.each([
    ["at a first installation", { ProductState: "-1" }, true],
    [
      "at an administrator's repair, and a management tool's",
      { Installed: "1", REINSTALL: "ALL", AdminUser: "1" },
      true,
    ],
    ["at a plain user's repair", { Installed: "1", REINSTALL: "ALL" }, false],
    ["at a removal", { Installed: "1", REMOVE: "ALL", AdminUser: "1" }, false],
  ])("%s: %s", (_when, properties, expected) => {
    expect(runs("Install", properties)).toBe(expected);
  });
});

test("the user's own token decides who is an administrator", () => {
  const properties = [...document.getElementsByTagName("Property")].map((one) => [
    one.getAttribute("Id"),
    one.getAttribute("Value"),
  ]);
  expect(properties).toContainEqual(["MSIUSEREALADMINDETECTION", "1"]);
});

import { expect, test } from "vitest";
import { readPolicy } from "../../../agent/platform/windows/policy.ts";

const text = (name: string, data: string) => ({ name, type: 1, data: Buffer.from(`${data}\0`, "utf16le") });
const key = "SOFTWARE\\Policies\\LinkUserAgent";

test("reads values and lists by the settings' names in any case; unknown names are kept", () => {
  const keys = new Map([
    [
      key,
      {
        values: [text("fleetsize", "2000"), text("BaseURL", "https://x.example"), text("Colour", "red")],
        subkeys: ["GroupPrefer"],
      },
    ],
    [`${key}\\GroupPrefer`, { values: [text("2", "IT"), text("1", "Sales *")], subkeys: [] }],
  ]);
  expect(readPolicy((path) => keys.get(path))).toMatchObject({
    kind: "found",
    value: {
      origin: `HKLM\\${key}`,
      values: { fleetSize: "2000", baseUrl: "https://x.example", Colour: "red", groupPrefer: ["Sales *", "IT"] },
    },
  });
});

test("is absent without the key, and failed if it can't be read", () => {
  expect(readPolicy(() => undefined)).toMatchObject({ kind: "absent" });
  const denied = readPolicy(() => {
    throw new Error("RegOpenKeyExW failed with Windows error 5");
  });
  expect(denied).toMatchObject({ kind: "failed", error: { code: "settings-unreadable" } });
});

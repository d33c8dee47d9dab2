import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatSetting, type SettingName, settingNames, settingsTable } from "../../../agent/settings/table.ts";
import { credentialProperty, quotationMark, settingProperties } from "../../../installer/windows/msi-properties.ts";
import { hintFor, msiSource, publicProperties } from "../../../installer/windows/msi-source.ts";
import { holds } from "./msi-condition.ts";

const takes = (name: string, value: string): boolean => {
  const property = [...settingProperties, credentialProperty].find((one) => one.name === name);
  if (property === undefined) throw new Error(`no property ${name}`);
  return holds(property.condition, { [name]: value, [quotationMark]: '"' });
};

test("every setting has a property, except credentialFile, whose property is the credential's source", () => {
  const expected = settingNames.filter((name) => name !== "credentialFile").map((name) => name.toUpperCase());
  expect(settingProperties.map(({ name }) => name)).toEqual(expected);
  expect(publicProperties).toEqual(expect.arrayContaining(expected));
  for (const name of publicProperties) expect(name).toMatch(/^[A-Z]+$/);
});

/** Right values of each kind, as text; kinds that are left out have only their default. */
const right: Partial<Record<SettingName, fc.Arbitrary<string>>> = {
  baseUrl: fc.webUrl({ validSchemes: ["https", "HTTPS"] }),
  proxy: fc.oneof(
    fc.constantFrom("auto", "none"),
    fc.domain().map((host) => `http://${host}:3128`),
    fc.domain().map((host) => `socks5://${host}:1080`),
  ),
  pacUrl: fc.webUrl({ validSchemes: ["https", "http"] }),
  fleetSize: fc.integer({ min: 1, max: 10_000_000 }).map(String),
  opswatPort: fc.integer({ min: 1, max: 65_535 }).map(String),
  allowMultiSession: fc.constantFrom("true", "false", "1", "0"),
  splay: fc.tuple(fc.nat(1000), fc.constantFrom("ms", "s", "m", "h")).map(([count, unit]) => `${count}${unit}`),
  rateLimit: fc.integer({ min: 1, max: 1000 }).map((calls) => `${calls}/1m`),
  logFile: fc.constantFrom("C:\\x.log", "d:/x.log", "\\\\server\\share\\x.log"),
  groupPrefer: fc.constantFrom("Sales *,IT", "Größe", "*"),
  logLevel: fc.constantFrom("error", "warn", "info", "debug"),
};

test.each(settingNames.filter((name) => name !== "credentialFile"))("%s: no right value is refused", (setting) => {
  const { fallback, kind } = settingsTable[setting];
  const values = right[setting] ?? (fallback === undefined ? undefined : fc.constant(formatSetting(setting, fallback)));
  if (values === undefined) return expect(takes(setting.toUpperCase(), "C:\\some.file")).toBe(true);
  fc.assert(
    fc.property(values, (value) => {
      fc.pre(kind.parse(value).ok && !/"|\\$/.test(value));
      expect(takes(setting.toUpperCase(), value)).toBe(true);
    }),
  );
});

describe("wrong values", () => {
  test.each([
    ["FLEETSIZE", "0"],
    ["FLEETSIZE", "10000001"],
    ["FLEETSIZE", "many"],
    ["FLEETSIZE", "5.5"],
    ["LOGLEVEL", "Info"],
    ["ALLOWMULTISESSION", "yes"],
    ["BASEURL", "gears.example.com"],
    ["PROXY", "proxy:3128"],
    ["SPLAY", "10"],
    ["RATELIMIT", "10"],
    ["STATEDIR", "state"],
    ["STATEDIR", "C:\\state\\"],
    ["CLIENTID", 'a" --config="C:\\x'],
    ["CREDENTIALFILE", "credential.json"],
  ])("%s=%s is refused", (name, value) => expect(takes(name, value)).toBe(false));
});

test("conditions and messages fit the columns of Windows Installer, and messages quote no property by mistake", () => {
  const source = msiSource({ version: "1.2.3", productCode: "*", executable: "a.exe", icon: "a.ico" });
  const conditions = [...source.matchAll(/<Condition Message="([^"]*)">([^<]*)<\/Condition>/g)];
  expect(conditions.length).toBeGreaterThan(settingProperties.length);
  const plain = (text: string): string =>
    text.replaceAll("&quot;", '"').replaceAll("&gt;", ">").replaceAll("&lt;", "<");
  for (const [, message = "", condition = ""] of conditions) {
    expect(plain(message).length, message).toBeLessThanOrEqual(255);
    expect(plain(condition).length, condition).toBeLessThanOrEqual(255);
  }
  for (const property of [...settingProperties, credentialProperty]) {
    const quoted = hintFor(property)
      .replace(/\[\\[[\]]\]/g, "")
      .match(/\[[^\]]*\]/g);
    expect(quoted).toEqual([`[${property.name}]`]);
  }
});

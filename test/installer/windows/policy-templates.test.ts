import { DOMParser, type Document, type Element } from "@xmldom/xmldom";
import { describe, expect, test } from "vitest";
import { readPolicy } from "../../../agent/platform/windows/policy.ts";
import type { RegistryKey } from "../../../agent/platform/windows/read-registry.ts";
import type { RegistryValue } from "../../../agent/platform/windows/registry-values.ts";
import { isSecretName, resolveSettings } from "../../../agent/settings/layers.ts";
import { policyName, type SettingName, settingNames, settingsTable } from "../../../agent/settings/table.ts";
import { policyTemplates } from "../../../installer/windows/policy-templates.ts";

/**
 * The ADMX and ADML as Windows reads them: by the PolicyDefinitions schema, then into the registry, then by the agent.
 */

const files = policyTemplates("1.2.3");
const admx = parsed("LinkUserAgent.admx");
const adml = parsed("en-US/LinkUserAgent.adml");

function parsed(path: string): Document {
  const onError = (level: string, message: string): never => {
    throw new Error(`${path}: ${level}: ${message}`);
  };
  return new DOMParser({ onError }).parseFromString(files[path] ?? "", "text/xml");
}

const elementsIn = (parent: Document | Element): Element[] =>
  [...parent.childNodes].filter((node): node is Element => node.nodeType === node.ELEMENT_NODE);
const all = (document: Document, name: string): Element[] => [...document.getElementsByTagName(name)];
const of = (element: Element, name: string): string => element.getAttribute(name) ?? "";

describe("the schema", () => {
  /** Required and optional attributes of the used elements, and their children in order. */
  interface Rule {
    readonly must: readonly string[];
    readonly may?: readonly string[];
    /** A pattern over the children's names, each followed by a space. */
    readonly children?: RegExp;
  }
  const named: Rule = { must: ["name", "displayName"] };
  const value = { must: ["id", "valueName"], may: ["required", "key", "clientExtension"] };
  const label = { must: ["refId"] };
  const rules: Readonly<Record<string, Rule>> = {
    policyDefinitions: {
      must: ["xmlns", "revision", "schemaVersion"],
      children: /^policyNamespaces (supersededAdm )*(annotation )*resources (supportedOn )?(categories )?(policies )?$/,
    },
    policyNamespaces: { must: [], children: /^target (using )*$/ },
    target: { must: ["prefix", "namespace"] },
    "policyDefinitions/resources": { must: ["minRequiredRevision"], may: ["fallbackCulture"], children: /^$/ },
    "policyDefinitions/supportedOn": { must: [], children: /^(products )?(definitions )?$/ },
    definitions: { must: [], children: /^(definition )+$/ },
    definition: named,
    categories: { must: [], children: /^(category )*$/ },
    category: { ...named, may: ["explainText"], children: /^(annotation )*(parentCategory )?(seeAlso )*(keywords )?$/ },
    parentCategory: { must: ["ref"] },
    "policy/supportedOn": { must: ["ref"] },
    policies: { must: [], children: /^(policy )+$/ },
    policy: {
      must: ["name", "class", "displayName", "key"],
      may: ["explainText", "presentation", "valueName"],
      children:
        /^(annotation )*parentCategory (seeAlso )*(keywords )?supportedOn (enabledValue )?(disabledValue )?(enabledList )?(disabledList )?(elements )?$/,
    },
    enabledValue: { must: [], children: /^(decimal|longDecimal|string|delete) $/ },
    disabledValue: { must: [], children: /^(decimal|longDecimal|string|delete) $/ },
    "enabledValue/decimal": { must: ["value"] },
    "disabledValue/decimal": { must: ["value"] },
    elements: { must: [], children: /^((boolean|decimal|text|enum|list) )+$/ },
    "elements/decimal": { must: value.must, may: [...value.may, "minValue", "maxValue", "storeAsText", "soft"] },
    "elements/text": { must: value.must, may: [...value.may, "maxLength", "expandable", "soft"] },
    enum: { ...value, children: /^(item )+$/ },
    item: { must: ["displayName"], children: /^value (valueList )?$/ },
    "item/value": { must: [], children: /^(decimal|longDecimal|string|delete) $/ },
    "value/string": { must: [] },
    list: { must: ["id"], may: ["key", "valuePrefix", "additive", "expandable", "explicitValue", "clientExtension"] },
    policyDefinitionResources: {
      must: ["xmlns", "revision", "schemaVersion"],
      children: /^displayName description (annotation )*resources $/,
    },
    displayName: { must: [] },
    description: { must: [] },
    "policyDefinitionResources/resources": { must: [], children: /^(stringTable )?(presentationTable )?$/ },
    stringTable: { must: [], children: /^(string )+$/ },
    "stringTable/string": { must: ["id"] },
    presentationTable: { must: [], children: /^(presentation )+$/ },
    presentation: {
      must: ["id"],
      children: /^((text|decimalTextBox|textBox|checkBox|comboBox|dropdownList|listBox|multiTextBox) )+$/,
    },
    decimalTextBox: { ...label, may: ["defaultValue", "spin", "spinStep"] },
    dropdownList: { ...label, may: ["noSort", "defaultItem"] },
    listBox: label,
    textBox: { ...label, children: /^label (defaultValue )?$/ },
    label: { must: [] },
    defaultValue: { must: [] },
  };

  test.each([admx, adml])("has every element, its attributes and the order of its children", (document) => {
    for (const element of all(document, "*")) {
      const parent = element.parentNode?.nodeName ?? "";
      const rule = rules[`${parent}/${element.nodeName}`] ?? rules[element.nodeName];
      const where = `${parent}/${element.nodeName} ${of(element, "id") || of(element, "name")}`;
      if (rule === undefined) throw new Error(`${where} is not in the schema`);
      const { must, may = [], children = /^$/ } = rule;
      const attributes = [...element.attributes].map(({ name }) => name);
      expect(attributes, where).toEqual(expect.arrayContaining([...must]));
      expect([...must, ...may], where).toEqual(expect.arrayContaining(attributes));
      expect(
        elementsIn(element)
          .map(({ nodeName }) => `${nodeName} `)
          .join(""),
        where,
      ).toMatch(children);
    }
  });

  test("types: versions, names, references, numbers and keys", () => {
    for (const document of [admx, adml]) {
      const root = document.documentElement;
      expect(of(root as Element, "xmlns")).toBe("http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions");
      expect(of(root as Element, "revision")).toMatch(/^\d{1,4}\.\d{1,5}$/);
      for (const element of all(document, "*")) {
        for (const name of ["id", "name", "refId", "ref"]) {
          if (element.hasAttribute(name)) expect(of(element, name)).toMatch(/^[\p{L}\p{N}_]+$/u);
        }
        for (const name of ["minValue", "maxValue", "maxLength", "defaultItem"]) {
          if (element.hasAttribute(name)) expect(of(element, name)).toMatch(/^\d{1,10}$/);
        }
        // Without the hive, and not where MDM systems refuse to write.
        if (element.hasAttribute("key")) expect(of(element, "key")).toMatch(/^SOFTWARE\\Policies\\LinkUserAgent/);
      }
    }
    expect(all(admx, "policy").map((policy) => of(policy, "class"))).toEqual(settingNames.map(() => "Machine"));
  });

  test("identifiers are unique, and every reference has its target in the other file or in its own", () => {
    const ids = (document: Document, name: string, attribute: string): string[] => {
      const found = all(document, name)
        .map((element) => of(element, attribute))
        .filter((id) => id !== "");
      expect(new Set(found).size, `${name} ${attribute}`).toBe(found.length);
      return found;
    };
    const strings = ids(adml, "string", "id");
    const presentations = ids(adml, "presentation", "id");
    const categories = ids(admx, "category", "name");
    const definitions = ids(admx, "definition", "name");
    ids(admx, "policy", "name");

    const references = all(admx, "*").flatMap((element) => [...element.attributes].map((attribute) => attribute.value));
    const referred = (table: string): string[] =>
      references.flatMap((text) => new RegExp(`^\\$\\(${table}\\.(.*)\\)$`).exec(text)?.slice(1) ?? []);
    expect(new Set(referred("string"))).toEqual(new Set(strings));
    expect(referred("presentation")).toEqual(presentations);
    for (const parent of all(admx, "parentCategory")) expect(categories).toContain(of(parent, "ref"));
    for (const support of all(admx, "supportedOn").filter((one) => one.hasAttribute("ref"))) {
      expect(definitions).toContain(of(support, "ref"));
    }
    for (const policy of all(admx, "policy")) {
      const elements = [...policy.getElementsByTagName("elements")].flatMap(elementsIn).map((one) => of(one, "id"));
      const shown = all(adml, "presentation")
        .filter((one) => `$(presentation.${of(one, "id")})` === of(policy, "presentation"))
        .flatMap(elementsIn)
        .map((one) => of(one, "refId"));
      expect(shown, of(policy, "name")).toEqual(elements);
    }
  });
});

describe("what it offers", () => {
  const policyOf = (setting: SettingName): Element => {
    const policy = all(admx, "policy").find((one) => of(one, "name") === policyName(setting));
    if (policy === undefined) throw new Error(`no policy for ${setting}`);
    return policy;
  };
  const text = (id: string): string => all(adml, "string").find((one) => of(one, "id") === id)?.textContent ?? "";

  test.each(settingNames)("%s: one policy with its help, what is allowed and its default", (setting) => {
    const explanation = text(of(policyOf(setting), "explainText").slice("$(string.".length, -1));
    expect(explanation.toLowerCase()).toContain(settingsTable[setting].help.toLowerCase());
    expect(explanation).toContain("Allowed: ");
    expect(explanation).toContain("Default: ");
  });

  /** The editor fills in the least value where a number has no default, and an administrator may enable it unread. */
  test("a default for each number: the program's own, or one that spreads the first links of a fleet", () => {
    const boxes = all(adml, "decimalTextBox");
    expect(boxes.length).toBeGreaterThan(2);
    for (const box of boxes) {
      const setting = settingNames.find((name) => policyName(name) === of(box, "refId")) as SettingName;
      const { fallback } = settingsTable[setting];
      const offered = setting === "fleetSize" ? 1000 : fallback;
      expect([setting, of(box, "defaultValue")]).toEqual([setting, String(offered)]);
    }
  });

  test("no secret", () => {
    const names = all(admx, "policy").map((one) => of(one, "name"));
    expect(names).toHaveLength(settingNames.length);
    expect(names.filter(isSecretName)).toEqual([]);
  });

  /** The Group Policy editor's output for a policy that is enabled with these entries. */
  function written(policy: Element, entries: readonly string[]): ReadonlyMap<string, RegistryKey> {
    const key = of(policy, "key");
    const [element] = [...policy.getElementsByTagName("elements")].flatMap(elementsIn);
    const [first = ""] = entries;
    if (element === undefined) {
      const [enabled] = [...policy.getElementsByTagName("enabledValue")].flatMap(elementsIn);
      return new Map([
        [key, { values: [dword(of(policy, "valueName"), of(enabled as Element, "value"))], subkeys: [] }],
      ]);
    }
    const name = of(element, "valueName");
    if (element.nodeName === "list") {
      const list = of(element, "key");
      const values = entries.map((item, at) => text16(`${of(element, "valuePrefix")}${at + 1}`, item));
      return new Map([
        [key, { values: [], subkeys: [list.slice(key.length + 1)] }],
        [list, { values, subkeys: [] }],
      ]);
    }
    if (element.nodeName === "decimal") {
      expect(Number(first)).toBeGreaterThanOrEqual(Number(of(element, "minValue")));
      expect(Number(first)).toBeLessThanOrEqual(Number(of(element, "maxValue")));
      return new Map([[key, { values: [dword(name, first)], subkeys: [] }]]);
    }
    if (element.nodeName === "enum") {
      const offered = [...element.getElementsByTagName("string")].map(({ textContent }) => textContent);
      expect(offered).toContain(first);
    }
    if (element.nodeName === "text") expect(first.length).toBeLessThanOrEqual(Number(of(element, "maxLength")));
    return new Map([[key, { values: [text16(name, first)], subkeys: [] }]]);
  }

  const text16 = (name: string, data: string): RegistryValue => ({
    name,
    type: 1,
    data: Buffer.from(`${data}\0`, "utf16le"),
  });
  const dword = (name: string, data: string): RegistryValue => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(Number(data));
    return { name, type: 4, data: bytes };
  };

  /** Entries that are typed in, and the value that the agent is to make of them. */
  const samples: Readonly<Record<SettingName, readonly [entries: readonly string[], value: unknown]>> = {
    baseUrl: [["https://gears.example.com/"], "https://gears.example.com"],
    clientId: [["A&B <1>"], "A&B <1>"],
    auth: [["none"], "none"],
    clientCertFile: [["D:\\Keys\\client.pem"], "D:\\Keys\\client.pem"],
    clientKeyFile: [["D:\\Keys\\client.key"], "D:\\Keys\\client.key"],
    credentialFile: [["D:\\Keys\\gears.json"], "D:\\Keys\\gears.json"],
    identify: [
      ["hwid", "mac"],
      ["hwid", "mac"],
    ],
    interface: [["Ethernet 2"], "Ethernet 2"],
    opswatPort: [["65535"], 65_535],
    opswatRegistry: [["HKLM\\SOFTWARE\\Vendor\\Id"], "HKLM\\SOFTWARE\\Vendor\\Id"],
    maxCandidates: [["20"], 20],
    usernameFormat: [["down-level"], "down-level"],
    excludeUsers: [
      ["svc-*", "CORP\\kiosk?"],
      ["svc-*", "CORP\\kiosk?"],
    ],
    groupPrefer: [
      Array.from({ length: 12 }, (_, at) => `Group, ${at}`),
      Array.from({ length: 12 }, (_, at) => `Group, ${at}`),
    ],
    groupFallback: [["none"], "none"],
    allowMultiSession: [[], true],
    fleetSize: [["10000000"], 10_000_000],
    splay: [["90s"], 90_000],
    rateLimit: [["20/1m"], { calls: 20, period: 60_000 }],
    deadline: [["8h"], 28_800_000],
    requestTimeout: [["30s"], 30_000],
    retryInitialDelay: [["250ms"], 250],
    retryMaxDelay: [["15m"], 900_000],
    relinkAfter: [["0s"], 0],
    proxy: [["http://proxy.example.com:3128"], "http://proxy.example.com:3128/"],
    proxyAuth: [["negotiate"], "negotiate"],
    pacUrl: [["https://wpad.example.com/proxy.pac"], "https://wpad.example.com/proxy.pac"],
    pacFile: [["C:\\proxy.pac"], "C:\\proxy.pac"],
    caFile: [["C:\\ca.pem"], "C:\\ca.pem"],
    logFile: [["\\\\server\\logs\\a.log"], "\\\\server\\logs\\a.log"],
    logLevel: [["debug"], "debug"],
    stateDir: [["C:\\State"], "C:\\State"],
  };

  test.each(settingNames)("%s: the agent accepts what it writes into the registry", (setting) => {
    const [entries, value] = samples[setting];
    const registry = written(policyOf(setting), entries);
    const policy = readPolicy((path) => registry.get(path));
    if (policy.kind !== "found") throw new Error(policy.kind);
    const { origin, spelling, values } = policy.value;
    const { settings, origins } = resolveSettings([{ kind: "policy", location: origin, spelling, values }]);
    expect(settings[setting]).toEqual(value);
    expect(origins[setting].kind).toBe("policy");
  });

  test("a switch that is disabled says no", () => {
    const [disabled] = [...policyOf("allowMultiSession").getElementsByTagName("disabledValue")].flatMap(elementsIn);
    expect(settingsTable.allowMultiSession.kind.parse(Number(of(disabled as Element, "value")))).toEqual({
      ok: true,
      value: false,
    });
  });
});

import { policyKey } from "../../agent/platform/windows/policy.ts";
import { element, type XmlElement, xmlDocument } from "../../agent/platform/windows/service/xml.ts";
import { settingsTable } from "../../agent/settings/table.ts";
import { product } from "../product.ts";
import { type CataloguedPolicy, type Category, categories, policyCatalogue } from "./policy-catalogue.ts";

/** Base name of both files; by which Windows and Intune distinguish templates. */
export const templateName = "LinkUserAgent";

const namespace = "LinkUserAgent.Policies";
const schema = "http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions";
const supported = "SUPPORTED_Windows10";
const root = "LinkUserAgent";

/** The files by path below `PolicyDefinitions`; ADMX and its English texts (ADML). UTF-8. */
export function policyTemplates(version: string): Readonly<Record<string, string>> {
  const revision = version.split(".").slice(0, 2).join(".");
  return {
    [`${templateName}.admx`]: xmlDocument(definitions(revision), "utf-8"),
    [`en-US/${templateName}.adml`]: xmlDocument(resources(revision), "utf-8"),
  };
}

/** Refers to no other template, so that MDM systems, which have none, accept it. */
function definitions(revision: string): XmlElement {
  return element("policyDefinitions", { xmlns: schema, revision, schemaVersion: "1.0" }, [
    element("policyNamespaces", {}, [element("target", { prefix: "linkuseragent", namespace })]),
    element("resources", { minRequiredRevision: revision }),
    element("supportedOn", {}, [
      element("definitions", {}, [element("definition", { name: supported, displayName: string(supported) })]),
    ]),
    element("categories", {}, [
      element("category", { name: root, displayName: string(categoryText(root)) }),
      ...categoryNames.map((name) =>
        element("category", { name, displayName: string(categoryText(name)) }, [
          element("parentCategory", { ref: root }),
        ]),
      ),
    ]),
    element("policies", {}, policyCatalogue.map(policy)),
  ]);
}

function policy({ setting, name, category }: CataloguedPolicy): XmlElement {
  const { type } = settingsTable[setting].kind;
  const about = {
    name,
    class: "Machine",
    displayName: string(name),
    explainText: string(explanation(name)),
    key: policyKey,
  };
  const place = [element("parentCategory", { ref: category }), element("supportedOn", { ref: supported })];
  if (type === "switch") {
    return element("policy", { ...about, valueName: name }, [
      ...place,
      element("enabledValue", {}, [element("decimal", { value: 1 })]),
      element("disabledValue", {}, [element("decimal", { value: 0 })]),
    ]);
  }
  return element("policy", { ...about, presentation: `$(presentation.${name})` }, [
    ...place,
    element("elements", {}, [valueElement(setting, name)]),
  ]);
}

/** Longest text that the kinds of settings take. */
const maxLength = 4096;

function valueElement(setting: CataloguedPolicy["setting"], name: string): XmlElement {
  const { kind } = settingsTable[setting];
  switch (kind.type) {
    case "number":
      return element("decimal", {
        id: name,
        valueName: name,
        required: "true",
        minValue: kind.min,
        maxValue: kind.max,
      });
    case "choice":
      return element(
        "enum",
        { id: name, valueName: name, required: "true" },
        kind.choices.map((choice) =>
          element("item", { displayName: string(choiceText(name, choice)) }, [
            element("value", {}, [element("string", {}, choice)]),
          ]),
        ),
      );
    case "list":
      // An empty prefix numbers the values, so the order is kept: it means something.
      return element("list", { id: name, key: `${policyKey}\\${name}`, valuePrefix: "" });
    default:
      return element("text", { id: name, valueName: name, required: "true", maxLength });
  }
}

function resources(revision: string): XmlElement {
  const texts: readonly (readonly [string, string])[] = [
    [supported, "Windows 10, Windows Server 2016 and later, 64 bits"],
    [categoryText(root), product.name],
    ...categoryNames.map((name) => [categoryText(name), categories[name]] as const),
    ...policyCatalogue.flatMap(({ name, title, explanation: text, setting }) => [
      [name, title] as const,
      [explanation(name), text] as const,
      ...choicesOf(setting).map((choice) => [choiceText(name, choice), choice] as const),
    ]),
  ];
  return element("policyDefinitionResources", { xmlns: schema, revision, schemaVersion: "1.0" }, [
    element("displayName", {}, product.name),
    element("description", {}, "Links a device in OPSWAT Gears (MetaDefender IT Access) to its logged-on user"),
    element("resources", {}, [
      element(
        "stringTable",
        {},
        texts.map(([id, text]) => element("string", { id }, text)),
      ),
      element("presentationTable", {}, policyCatalogue.flatMap(presentation)),
    ]),
  ]);
}

/** The editor's initial value; the default if there is a plain one. */
function presentation({ setting, name, title, standard, offered }: CataloguedPolicy): XmlElement[] {
  const { kind, fallback } = settingsTable[setting];
  const label = kind.type === "number" && kind.unit !== "" ? `${title} (${kind.unit}):` : `${title}:`;
  const shown = (content: XmlElement): XmlElement[] => [element("presentation", { id: name }, [content])];
  switch (kind.type) {
    case "switch":
      return [];
    case "number":
      return shown(
        element(
          "decimalTextBox",
          { refId: name, defaultValue: typeof fallback === "number" ? fallback : offered, spin: "false" },
          label,
        ),
      );
    case "choice":
      return shown(
        element("dropdownList", { refId: name, noSort: "true", defaultItem: kind.choices.indexOf(standard) }, label),
      );
    case "list":
      return shown(element("listBox", { refId: name }, label));
    default:
      return shown(
        element("textBox", { refId: name }, [
          element("label", {}, label),
          ...(fallback === undefined ? [] : [element("defaultValue", {}, standard)]),
        ]),
      );
  }
}

const categoryNames = Object.keys(categories) as readonly Category[];

function choicesOf(setting: CataloguedPolicy["setting"]): readonly string[] {
  const { kind } = settingsTable[setting];
  return kind.type === "choice" ? kind.choices : [];
}

const string = (id: string): string => `$(string.${id})`;
const categoryText = (name: string): string => `Category_${name}`;
const explanation = (name: string): string => `${name}_Explanation`;
const choiceText = (name: string, choice: string): string => `${name}_${choice.replaceAll("-", "_")}`;

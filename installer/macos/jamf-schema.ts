import { defaultText } from "../../agent/cli/help.ts";
import { macosIdentifier } from "../../agent/platform/macos/identifier.ts";
import { type SettingName, settingNames, settingsTable } from "../../agent/settings/table.ts";

/**
 * The form that Jamf Pro shows for the settings (Application & Custom Settings, External Applications, Custom Schema):
 * its dialect of JSON Schema, with `property_order` and `options`. What is left empty is not set.
 */
export function jamfSchema(): string {
  const schema = {
    title: `linkuser-agent (${macosIdentifier})`,
    description: "Links the Mac to its logged-in user in OPSWAT Gears (MetaDefender IT Access).",
    __preferencedomain: macosIdentifier,
    options: { remove_empty_properties: true },
    properties: Object.fromEntries(settingNames.map((name, index) => [name, propertyOf(name, 5 * (index + 1))])),
  };
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}

function propertyOf(name: SettingName, order: number): object {
  const { help, kind } = settingsTable[name];
  return {
    title: name,
    description: `${help} (${kind.placeholder}). Default: ${defaultText(name)}.`,
    property_order: order,
    ...typeOf(name),
  };
}

function typeOf(name: SettingName): object {
  const { fallback, kind } = settingsTable[name];
  if (typeof fallback === "boolean") return { type: "boolean" };
  const { policy } = kind;
  switch (policy.editor) {
    case "number":
      return { type: "integer", minimum: policy.min, maximum: policy.max };
    case "choice":
      return { type: "string", enum: policy.choices };
    case "list":
      return { type: "array", items: { type: "string" } };
    default:
      return { type: "string", options: { inputAttributes: { placeholder: defaultText(name) } } };
  }
}

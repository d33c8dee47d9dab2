import { defaultText } from "../../agent/cli/help.ts";
import { macosIdentifier } from "../../agent/platform/macos/paths.ts";
import { type SettingName, settingNames, settingsTable } from "../../agent/settings/table.ts";

/**
 * The form that Jamf Pro shows for the settings (Application & Custom Settings, External Applications, Custom Schema):
 * its dialect of JSON Schema, which json-editor shows, with `property_order` and `options`. A text that is left empty
 * is not set. Other parts of the form always force a value, even an untouched one, so they start with the default; a
 * number without one would start with 0.
 */
export function jamfSchema(): string {
  const schema = {
    title: `linkuser-agent (${macosIdentifier})`,
    description: "Links the Mac to its logged-on user in OPSWAT Gears (MetaDefender IT Access).",
    __preferencedomain: macosIdentifier,
    options: { remove_empty_properties: true, display_required_only: true },
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
  if (typeof fallback === "boolean") return { type: "boolean", default: fallback };
  const text = { type: "string", options: { inputAttributes: { placeholder: defaultText(name) } } };
  switch (kind.type) {
    case "number":
      if (fallback === undefined) return { ...text, pattern: "^[0-9]*$" };
      return { type: "integer", minimum: kind.min, maximum: kind.max, default: fallback };
    case "choice":
      return { type: "string", enum: kind.choices, default: fallback };
    case "list":
      return { type: "array", items: { type: "string" }, default: fallback };
    default:
      return text;
  }
}

/** A property list's value, of the kinds that are used here. */
export type PlistValue = string | number | boolean | readonly PlistValue[] | { readonly [key: string]: PlistValue };

export const plistHead = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
`;
export const plistTail = "</plist>\n";

/**
 * A property list in its XML form, plist(5).
 * @throws RangeError for a number that is no whole one, and for text with control characters or others that XML can't
 * hold
 */
export const propertyList = (root: PlistValue): string => `${plistHead}${plistElement(root, "")}${plistTail}`;

/** One value as a property list has it, in lines that begin with `indent`. @throws RangeError */
export function plistElement(value: PlistValue, indent: string): string {
  const inner = `${indent}  `;
  if (typeof value === "string") return `${indent}<string>${escaped(value)}</string>\n`;
  if (typeof value === "boolean") return `${indent}<${value}/>\n`;
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is not a whole number`);
    return `${indent}<integer>${value}</integer>\n`;
  }
  if (isList(value)) {
    return `${indent}<array>\n${value.map((item) => plistElement(item, inner)).join("")}${indent}</array>\n`;
  }
  const entries = Object.entries(value).map(([key, item]) => plistEntry(key, item, inner));
  return `${indent}<dict>\n${entries.join("")}${indent}</dict>\n`;
}

/** A key of a dictionary and its value. @throws RangeError */
export function plistEntry(key: string, value: PlistValue, indent: string): string {
  return `${indent}<key>${escaped(key)}</key>\n${plistElement(value, indent)}`;
}

const isList = (value: PlistValue): value is readonly PlistValue[] => Array.isArray(value);

const references: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

/** XML 1.0, 2.2, without any control characters or line separators, which readers confuse. */
function escaped(text: string): string {
  if (/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\ufffe\uffff]/u.test(text)) {
    throw new RangeError(`${JSON.stringify(text)} has a character that a property list can't hold`);
  }
  return text.replace(/[&<>]/g, (character) => references[character] ?? character);
}

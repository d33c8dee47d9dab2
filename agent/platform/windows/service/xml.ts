/** An element as data; no name space or order is checked. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | number | undefined>>;
  /** Elements, or one text. */
  readonly content: readonly XmlElement[] | string;
}

/** @param attributes those that are undefined are left out */
export function element(
  name: string,
  attributes: XmlElement["attributes"] = {},
  content: XmlElement["content"] = [],
): XmlElement {
  return { name, attributes, content };
}

/** A document with a line for each element. @param encoding of the caller's file */
export function xmlDocument(root: XmlElement, encoding: "utf-8" | "UTF-16"): string {
  return `<?xml version="1.0" encoding="${encoding}"?>\n${rendered(root, "")}`;
}

/** Elements of a document, a line for each. */
export const xmlLines = (elements: readonly XmlElement[], indent: string): string =>
  elements.map((one) => rendered(one, indent)).join("");

function rendered({ name, attributes, content }: XmlElement, indent: string): string {
  const given = Object.entries(attributes).filter(([, value]) => value !== undefined);
  const start = `${indent}<${name}${given.map(([key, value]) => ` ${key}="${escaped(String(value))}"`).join("")}`;
  if (content.length === 0) return `${start}/>\n`;
  if (typeof content === "string") return `${start}>${escaped(content)}</${name}>\n`;
  return `${start}>\n${xmlLines(content, `${indent}  `)}${indent}</${name}>\n`;
}

const references: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => references[character] ?? character);

/**
 * Whether a registered task starts anything, by its definition as Windows keeps it in `System32\Tasks`: XML in UTF-16
 * with a byte order mark, or UTF-8. `Enabled` is true if it is left out ([MS-TSCH] 2.5.2 and 2.5.3).
 */
export function parseTask(bytes: Buffer) {
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : "utf-8";
  const text = new TextDecoder(encoding).decode(bytes).replaceAll(/<!--[\s\S]*?-->/g, "");
  const triggers = elements(text, "LogonTrigger");
  return {
    /** The task as a whole, by the Task Scheduler's Disable or `schtasks /Change /DISABLE`. */
    enabled: elements(text, "Settings").every(isOn),
    /** Not all of its logon triggers are off. A definition without one says nothing: Wine keeps no triggers. */
    atLogon: triggers.length === 0 || triggers.some(isOn),
  };
}

/** The content of each element of this name; empty for `<Name/>`. */
const elements = (text: string, name: string): readonly string[] =>
  [...text.matchAll(new RegExp(`<${name}(?:\\s[^>]*?)?(?:/>|>([\\s\\S]*?)</${name}>)`, "g"))].map(
    ([, content = ""]) => content,
  );

const isOn = (content: string): boolean => !/<Enabled>\s*(?:false|0)\s*<\/Enabled>/.test(content);

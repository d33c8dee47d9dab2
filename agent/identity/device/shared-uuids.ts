/**
 * Single UUIDs that makers left in the firmware of many machines and that no rule below covers, each with its source.
 * Both byte orders count: SMBIOS 2.6 changed the byte order of the first three fields (DSP0134 7.2.1), and firmware,
 * kernels and tools disagree about it.
 */
const publishedUuids: ReadonlySet<string> = new Set([
  // FreeBSD, libexec/rc/rc.d/hostid, valid_hostid().
  "07090201-0103-0301-0807-060504030201",
  "890e2d14-cacd-45d1-ae66-bc80e8bfeb0f",
  "8e275844-178f-44a8-aceb-a7d7e5178c63",
  "dc698397-fa54-4cf2-82c8-b1b5307a6a7f",
  // GLPI, Blacklist::getDefaults(): found on two HP computers.
  "6ab5b300-538d-1014-9fb5-b0684d007b53",
  // dmidecode reports of several boards.
  "12345678-1234-5678-90ab-cddeefaabbcc",
  // SolidRun/lx2160a_uefi#4: every LX2160A board until 2021.
  "8a95d198-7f46-11e5-bf8b-08002704d48e",
  // The machine ID of every Whonix and Kicksecure (Whonix/dist-base-files, etc/machine-id).
  "b08dfa60-83e7-567a-1921-a715000001fb",
]);

/** Rules over the 32 digits in one byte order, each with its reason. */
const rules: readonly { readonly matches: (digits: string) => boolean; readonly reason: string }[] = [
  { matches: (digits) => new Set(octets(digits)).size <= 2, reason: "repeats one or two bytes" },
  {
    // osquery, kPlaceholderHardwareUUIDList: 10000000-0000-8000-0040-000000000000.
    matches: (digits) => differingFrom("0", digits) <= 4 || differingFrom("f", digits) <= 4,
    reason: "is almost all zeros or ones",
  },
  {
    // FreeBSD: *-ffff-ffff-ffff-ffffffffffff; blanks (20) where a serial number is missing in a UUID made of text.
    matches: (digits) => /(?:f{24}|(?:20){10})$/.test(digits),
    reason: "has filler instead of its unique part",
  },
  {
    // Dell writes "DELL" and, between fixed digits, the seven characters of the service tag; the highest bit of the
    // fourth is set. FreeBSD lists 4c4c4544-0000-2010-8020-80c04f202020.
    matches: (digits) => /^4c4c454400(?:[02]0){2}1080[02]0[02a8]0c04f(?:[02]0){3}$/.test(digits),
    reason: "belongs to Dell devices without a service tag",
  },
  {
    // Other makers write a serial number as text.
    matches: (digits) =>
      /^(?:to be filled|default string|system serial|not (?:specified|available|applicable)|0?123456789)/i.test(
        Buffer.from(digits, "hex").toString("latin1"),
      ),
    reason: "has filler instead of a serial number",
  },
  {
    // 11111111-2222-3333-4444-555555555555 (FreeBSD), 12345678-1234-5678-1234-567812345678, deadbeef-dead-beef-….
    matches: (digits) => recurs(digits) || /^(?:(.)\1)+$/.test(digits),
    reason: "repeats the same digits",
  },
  {
    matches: (digits) =>
      [octets(digits), digits.match(/.{4}/g) ?? []].some(countsUp) ||
      groups(digits).every(countsUpByDigit) ||
      decimals.includes(digits),
    reason: "counts up",
  },
];

/** `0123456789101112…` */
const decimals = Array.from({ length: 40 }, (_, number) => number).join("");

/**
 * Why a UUID identifies no machine: it is a maker's placeholder, which many machines have. Undefined if it looks
 * unique.
 * @param digits 32 hex digits in lower case, without dashes, in either byte order
 */
export function sharedUuidReason(digits: string): string | undefined {
  for (const order of [digits, otherByteOrder(digits)]) {
    if (publishedUuids.has(groups(order).join("-"))) return "a placeholder that makers leave in firmware";
    const rule = rules.find(({ matches }) => matches(order));
    if (rule !== undefined) return `a placeholder: it ${rule.reason}`;
  }
  return undefined;
}

/** The same UUID in the other byte order. */
function otherByteOrder(digits: string): string {
  const [first = "", second = "", third = "", ...rest] = groups(digits);
  const turned = [first, second, third].map((field) => octets(field).toReversed().join(""));
  return [...turned, ...rest].join("");
}

const octets = (digits: string): readonly string[] => digits.match(/../g) ?? [];
const groups = (digits: string): readonly string[] =>
  /^(.{8})(.{4})(.{4})(.{4})(.{12})$/.exec(digits)?.slice(1) ?? [digits];
const differingFrom = (digit: string, digits: string): number => digits.replaceAll(digit, "").length;

/** The text is one part, of at most half its length, again and again. */
const recurs = (text: string): boolean =>
  Array.from({ length: text.length / 2 }, (_, at) => at + 1).some((part) => text.startsWith(text.slice(part)));

/** `00 01 02 …`, `0002 0003 0004 …`, `00 11 22 …`, or backwards: each part differs equally from the one before. */
function countsUp(parts: readonly string[]): boolean {
  const numbers = parts.map((part) => Number.parseInt(part, 16));
  const [step, ...others] = numbers.slice(1).map((number, at) => number - (numbers[at] ?? 0));
  return others.every((other) => other === step);
}

/** `12345678` in `12345678-1234-5678-9012-123456789012`: each digit is one more than the one before. */
function countsUpByDigit(group: string): boolean {
  return [...group].every((digit, at) => {
    const before = group[at - 1];
    if (before === undefined) return true;
    const [last, next] = [Number.parseInt(before, 16), Number.parseInt(digit, 16)];
    return next === last + 1 || (next === 0 && (last === 9 || last === 15));
  });
}

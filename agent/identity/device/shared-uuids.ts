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
]);

/** Rules over the 32 digits in one byte order, each with its reason. */
const rules: readonly { readonly matches: (digits: string) => boolean; readonly reason: string }[] = [
  { matches: (digits) => distinct(octets(digits)) <= 2, reason: "repeats one or two bytes" },
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
    // Dell writes "DELL" and the service tag; FreeBSD lists 4c4c4544-0000-2010-8020-80c04f202020.
    matches: (digits) => /^(?:4c4c4544|44454c4c)0000(?:2010|1020)80(?:20|00)(?:80|20|00)c04f(?:20|00){3}$/.test(digits),
    reason: "is Dell's without a service tag",
  },
  {
    // 11111111-2222-3333-4444-555555555555 (FreeBSD).
    matches: (digits) => groups(digits).every((group) => distinct([...group]) === 1),
    reason: "repeats one digit in each group",
  },
  {
    matches: (digits) => countsUp(octets(digits)) || countsUp(digits.match(/.{4}/g) ?? []) || countsUpByDigit(digits),
    reason: "counts up",
  },
];

/**
 * Why a UUID identifies no machine: it is a maker's placeholder, which many machines have. Undefined if it looks
 * unique.
 * @param digits 32 hex digits in lower case, without dashes, in either byte order
 */
export function sharedUuidReason(digits: string): string | undefined {
  for (const order of [digits, otherByteOrder(digits)]) {
    if (publishedUuids.has(groups(order).join("-"))) return "is a placeholder that makers leave in firmware";
    const rule = rules.find(({ matches }) => matches(order));
    if (rule !== undefined) return `${rule.reason}, a placeholder`;
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
const distinct = (parts: readonly string[]): number => new Set(parts).size;
const differingFrom = (digit: string, digits: string): number => digits.replaceAll(digit, "").length;

/** `00 01 02 …`, `0002 0003 0004 …`, or backwards: each part is one more, or one less, than the one before. */
function countsUp(parts: readonly string[]): boolean {
  const numbers = parts.map((part) => Number.parseInt(part, 16));
  return [1, -1].some((step) => numbers.every((number, at) => at === 0 || number === (numbers[at - 1] ?? 0) + step));
}

/** `12345678-1234-5678-9012-123456789012`: within each group each digit is one more than the one before. */
function countsUpByDigit(digits: string): boolean {
  return groups(digits).every((group) =>
    [...group].every((digit, at) => {
      const before = group[at - 1];
      if (before === undefined) return true;
      const [last, next] = [Number.parseInt(before, 16), Number.parseInt(digit, 16)];
      return next === last + 1 || (next === 0 && (last === 9 || last === 15));
    }),
  );
}

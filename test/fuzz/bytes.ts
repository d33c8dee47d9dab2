import { seededRandom } from "../../agent/pace/seeded-random.ts";

/** One reader of bytes that others chose. */
export interface ByteTarget {
  readonly name: string;
  /** Well-formed inputs, from which others are made. */
  readonly seeds: readonly Buffer[];
  /** Reads an input. @throws where the reader breaks a promise */
  readonly check: (input: Buffer) => void | Promise<void>;
}

const maxInput = 16 * 1024;

/**
 * Changes inputs at random until one breaks a promise. The same seed gives the same inputs.
 * @returns the input that broke it, and the error
 */
export async function fuzzBytes(
  { seeds, check }: ByteTarget,
  { inputs, seed }: { readonly inputs: number; readonly seed: number },
): Promise<{ readonly input: Buffer; readonly error: unknown } | undefined> {
  const random = seededRandom(seed);
  for (let done = 0; done < inputs; done += 1) {
    const input = seeds[done] ?? changed(seeds, random);
    try {
      await check(Buffer.from(input));
    } catch (error) {
      return { input, error };
    }
  }
  return undefined;
}

/** What readers stumble over. */
const tokens: readonly Buffer[] = [
  ...[..." \t\n\0\"'\\{}[]():;,.<>/%+-=@#*"].map((character) => Buffer.from(character)),
  ...["\r\n\r\n", "\u2028", "\u{1f4a5}", "null", "-1", "1e999", "__proto__", '"result":1', "9".repeat(40), "%00"].map(
    (text) => Buffer.from(text),
  ),
  ...[
    "00",
    "ff",
    "80",
    "ffff",
    "00000000",
    "ffffffff",
    "7fffffff",
    "00000080",
    "ffffffffffffffff",
    "0100000000000000",
  ].map((hex) => Buffer.from(hex, "hex")),
];

/** An input after one to six changes. */
function changed(pool: readonly Buffer[], random: () => number): Buffer {
  const below = (count: number): number => Math.floor(random() * count);
  const any = (list: readonly Buffer[]): Buffer => list[below(list.length)] ?? Buffer.alloc(0);
  const part = (bytes: Buffer): Buffer => {
    const start = below(bytes.length + 1);
    return bytes.subarray(start, start + below(bytes.length - start + 1));
  };
  let input = any(pool);
  for (let left = 1 + below(6); left > 0; left -= 1) {
    const at = below(input.length + 1);
    const put = (bytes: Buffer, instead = 0): Buffer =>
      Buffer.concat([input.subarray(0, at), bytes, input.subarray(at + instead)]);
    const token = any(tokens);
    const changes: readonly (() => Buffer)[] = [
      () => put(token),
      () => put(token, token.length),
      () => put(Buffer.from([below(256)]), 1),
      () => put(Buffer.from([(input[at] ?? 0) ^ (1 << below(8))]), 1),
      () => put(Buffer.from([(input[at] ?? 0) + (random() < 0.5 ? 1 : 255)]), 1),
      () => put(Buffer.alloc(0), 1 + below(8)),
      () => put(part(any(pool))),
      () => put(part(input)),
      () => input.subarray(0, at),
      () => put(Buffer.alloc(1 + below(300), token)),
    ];
    input = changes[below(changes.length)]?.() ?? input;
  }
  return input.subarray(0, maxInput);
}

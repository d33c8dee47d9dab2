/**
 * What it does: V8 draws three random numbers in each process as secrets of its hash functions, and repeats the draw
 * until all are prime and differ in 32 bits from each other; here it takes the first odd ones. Where attackers choose
 * the keys, it matters that they can't know the secrets, and these are as random as before. Primes are for "a feeling
 * to be perfect" (third_party/rapidhash-v8/secret.h); the multipliers that V8 derives from them need only be odd
 * (src/numbers/hash-seed.cc). Relies on: the machine code of `v8::internal::HashSeed::InitializeRoots`. Check: exactly
 * one place with that code.
 */
export function takeFirstSecrets(image: Buffer, target: keyof typeof machineCode): void {
  const { isEven, isFirst, next } = machineCode[target];
  const code = Buffer.from(isEven + isFirst, "hex");
  const at = image.indexOf(code);
  if (at === -1 || image.indexOf(code, at + 1) !== -1) {
    throw new Error("Node's binary does not have exactly one place that draws the secrets of V8's hash functions");
  }
  image.write(next, at + isEven.length / 2, "hex");
}

/** What follows a draw. */
const machineCode = {
  "linux-x64": {
    // test dil, 1; je (draw again)
    isEven: "40f6c7010f840dfeffff",
    // test r11, r11; je (is it prime?); else it is compared with the earlier ones
    isFirst: "4d85db0f84e4000000",
    // jmp (inc r11: next secret); nop
    next: "e9e8fdffff90909090",
  },
  "linux-arm64": {
    // tbz w8, 0 (draw again)
    isEven: "e8f50736",
    // cbz x22 (is it prime?)
    isFirst: "960200b4",
    // b (add x22, x22, 1: next secret)
    next: "abffff17",
  },
  "win-x64": {
    // test al, 1; je (draw again)
    isEven: "a8010f8411feffff",
    // cmp [rsp + 40], 0; je (is it prime?)
    isFirst: "48837c2428000f84e5000000",
    // jmp (inc [rsp + 40]: next secret); nop
    next: "e9e6fdffff90909090909090",
  },
} as const;

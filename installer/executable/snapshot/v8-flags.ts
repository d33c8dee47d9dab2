/**
 * What it does: V8 only interprets, regular expressions too, and starts no compiler and one thread instead of four: a
 * run of about 20 ms would not gain from them. Its space for new objects starts with 4 MB instead of 1 MB, so that a
 * link ends before it is full. Relies on: flags of V8 and Node; a snapshot, which is made with the same ones. V8 refuses
 * Node's own compiled code under other flags than the build's, so without a snapshot they would cost more than they
 * gain. Check: Node ends at a flag that it does not know.
 */
export const forShortRuns = [
  "--max-opt=0",
  "--no-sparkplug",
  "--regexp-tier-up-ticks=50",
  "--no-regexp-peephole-optimization",
  "--v8-pool-size=1",
  "--min-semi-space-size=4",
] as const;

/** Has V8 compile again, for a command that computes for long. */
export const compileAgain = ["--max-opt=999", "--sparkplug", "--regexp-tier-up-ticks=1"] as const;

/**
 * What it does: all processes of an executable have the snapshot's hash seed. With a seed of its own, each would hash
 * the strings of the heap and order its hash tables again. Outsiders who know the seed could choose many strings with
 * one hash, which V8 would compare one by one; so the program parses at most a thousand of theirs (`maxStrings` in
 * agent/gears/answer.ts), and header lines of at most 16 KiB. Relies on: V8's flag; a snapshot. Check: V8 ends at a
 * flag that it does not know.
 */
export const keepHashSeed = ["--no-rehash-snapshot"] as const;

/**
 * What it does: all processes of an executable have the snapshot's hash seed. With a seed of its own, each would hash
 * the strings of the heap and order its hash tables again. Outsiders who know the seed could choose many strings with
 * one hash, which V8 would compare one by one; so the program parses at most a thousand of theirs (`maxStrings` in
 * agent/gears/answer.ts), and header lines of at most 16 KiB. Relies on: V8's flag; a snapshot. Check: V8 ends at a
 * flag that it does not know.
 */
export const keepHashSeed = ["--no-rehash-snapshot"] as const;

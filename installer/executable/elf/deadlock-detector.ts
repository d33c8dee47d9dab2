import { placeOfSymbol } from "./elf-image.ts";

/**
 * Turns off Abseil's deadlock detector, which is on in Node because it is built without NDEBUG. The detector keeps a
 * graph of all mutexes that V8 locks, and would end the process at a cycle in it. Relies on: Abseil's variable
 * `synch_deadlock_detection` (absl/synchronization/mutex.cc), 2 for "abort", 0 for "ignore". Check: exactly one such
 * symbol, with the value 2.
 */
export function turnOffDeadlockDetector(image: Buffer): void {
  const { offset } = placeOfSymbol(image, /_ZN4absl\w+24synch_deadlock_detectionE(?:\.\d+)?/);
  if (image.readUInt32LE(offset) !== 2) throw new Error("Abseil's deadlock detector is not in the expected state");
  image.writeUInt32LE(0, offset);
}

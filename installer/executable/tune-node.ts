import { readFileSync, writeFileSync } from "node:fs";
import { turnOffDeadlockDetector } from "./elf/deadlock-detector.ts";
import type { FilePart } from "./elf/elf-image.ts";
import { leaveSourcePositionsForLater } from "./elf/source-positions.ts";
import { trimIcuData } from "./icu-data.ts";
import { dropZeros } from "./pe/drop-zeros.ts";
import type { Target } from "./targets.ts";
import type { TrickName } from "./tricks.ts";

/**
 * Applies the tricks that change Node's own binary; before strip, which removes the symbols that they need. Windows' has
 * no symbols.
 * @returns the part of the file that then has only zeros, which nothing reads
 */
export function tuneNode(runtime: string, { name }: Target, tricks: ReadonlySet<TrickName>): FilePart | undefined {
  const image = readFileSync(runtime);
  if (name === "darwin-arm64" || name === "darwin-x64") return undefined;
  if (name === "win-x64") {
    writeFileSync(runtime, tricks.has("icu-data") ? dropZeros(image, trimIcuData(image)) : image);
    return undefined;
  }
  const processor = name === "linux-x64" ? "x64" : "arm64";
  if (tricks.has("deadlock-detector")) turnOffDeadlockDetector(image);
  if (tricks.has("source-positions")) leaveSourcePositionsForLater(image, processor);
  const unused = tricks.has("icu-data") ? trimIcuData(image) : undefined;
  writeFileSync(runtime, image);
  return unused;
}

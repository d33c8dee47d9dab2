import { readFileSync, writeFileSync } from "node:fs";
import type { TrickName } from "../tricks.ts";
import { turnOffDeadlockDetector } from "./deadlock-detector.ts";
import type { FilePart } from "./elf-image.ts";
import { takeFirstSecrets } from "./hash-secrets.ts";
import { trimIcuData } from "../icu-data.ts";
import { leaveSourcePositionsForLater } from "./source-positions.ts";

/**
 * Applies the tricks that change Node's own binary; before strip, which removes the symbols that they need.
 * @returns the part of the file that then has only zeros, which nothing reads
 */
export function tuneNode(
  runtime: string,
  processor: "x64" | "arm64",
  tricks: ReadonlySet<TrickName>,
): FilePart | undefined {
  const image = readFileSync(runtime);
  if (tricks.has("hash-secrets")) takeFirstSecrets(image, processor);
  if (tricks.has("deadlock-detector")) turnOffDeadlockDetector(image);
  if (tricks.has("source-positions")) leaveSourcePositionsForLater(image, processor);
  const unused = tricks.has("icu-data") ? trimIcuData(image) : undefined;
  writeFileSync(runtime, image);
  return unused;
}

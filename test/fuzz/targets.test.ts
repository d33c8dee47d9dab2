import fc from "fast-check";
import { test } from "vitest";
import { fuzzTargets } from "./targets.ts";

/** A share of what `npm run fuzz` does at length. */
test.each(fuzzTargets)("$name", ({ property }) => {
  fc.assert(property, { numRuns: 1000 });
});

import { expect, test } from "vitest";
import { fuzzBytes } from "./bytes.ts";
import { machineReaders } from "./machine-readers.ts";
import { networkReaders } from "./network-readers.ts";

/** A share of what `npm run fuzz` does at length. */
test.each([...networkReaders, ...machineReaders])("$name", async (target) => {
  const finding = await fuzzBytes(target, { inputs: 1000, seed: 1 });
  if (finding === undefined) return;
  throw new Error(`reads ${JSON.stringify(finding.input.toString("latin1"))} (Latin-1) wrongly`, {
    cause: finding.error,
  });
});

test("a reader that breaks its promise is found, with the input", async () => {
  const check = (input: Buffer): void => expect(input.includes("]")).toBe(false);
  const fragile = { name: "fragile", seeds: [Buffer.from("[1")], check };
  expect((await fuzzBytes(fragile, { inputs: 1000, seed: 1 }))?.input.toString("latin1")).toContain("]");
});

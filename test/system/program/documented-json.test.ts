import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Gears, startGears } from "../../fakes/gears.ts";
import { failure } from "../../fakes/gears-api.ts";
import { type Endpoint, setUpEndpoint } from "../support/agent.ts";

/** The documents are as docs/scripting.md shows them: every field is there, and of the same type. */

const page = readFileSync(join(import.meta.dirname, "../../../docs/scripting.md"), "utf8");

/** The examples below a heading. */
function examplesOf(heading: string): readonly unknown[] {
  const section = page.split(/^## /m).find((one) => one.startsWith(`${heading}\n`)) ?? expect.fail(heading);
  return [...section.matchAll(/^```json\n([\s\S]*?)^```$/gm)].map(([, json = ""]) => JSON.parse(json));
}

/** Objects with setting names as keys: one key represents all. */
const bySetting = /^\.(?:settings|origins)$/;

/**
 * The fields of a document with the types of their values, `null` for any; all all all all elements of a list count as one.
 */
function fieldsOf(value: unknown, path = ""): ReadonlyMap<string, string> {
  if (Array.isArray(value)) return new Map(value.flatMap((one) => [...fieldsOf(one, `${path}[]`)]));
  if (typeof value !== "object" || value === null) return new Map([[path, value === null ? "null" : typeof value]]);
  return new Map(
    Object.entries(value).flatMap(([key, one]) => [
      ...fieldsOf(one, bySetting.test(path) ? `${path}.*` : `${path}.${key}`),
    ]),
  );
}

/** @param mayMiss fields that this run has no reason to report */
function expectDocumented(stdout: string, examples: readonly unknown[], mayMiss: readonly string[] = []): void {
  const shown = new Map(examples.flatMap((example) => [...fieldsOf(example)]));
  const reported = fieldsOf(JSON.parse(stdout));
  for (const [field, type] of reported) {
    expect(shown.has(field), `${field} is not shown`).toBe(true);
    if (type !== "null" && shown.get(field) !== "null") expect(type, field).toBe(shown.get(field));
  }
  expect([...shown.keys()].filter((field) => !reported.has(field) && !mayMiss.includes(field))).toEqual([]);
}

let gears: Gears;
let endpoint: Endpoint;

beforeEach(async () => {
  gears = await startGears();
  endpoint = setUpEndpoint(gears);
});
afterEach(async () => {
  endpoint[Symbol.dispose]();
  await gears.close();
});

test("link, and status after it", async () => {
  const [linked, failed] = examplesOf("link");
  // The tests' user has no group of a domain.
  expectDocumented((await endpoint.link()).stdout, [linked], [".group"]);
  expectDocumented((await endpoint.run(["status", "--json"])).stdout, examplesOf("status"));
  gears.answerAlways("link_user", failure(200, "No licence"));
  expectDocumented((await endpoint.link(["--force"])).stdout, [failed], [".group"]);
});

test("link --dry-run", async () => {
  const examples = [examplesOf("link")[0], ...examplesOf("link --dry-run")];
  const mayMiss = [".group", ".groups[].domain", ".groups[].unfit", ".warnings[]", ".request.body.group"];
  expectDocumented((await endpoint.link(["--dry-run"])).stdout, examples, mayMiss);
});

test.each(["config", "doctor", "plan"])("%s", async (command) => {
  const flags = { config: [], doctor: [...endpoint.flags, "--compare"], plan: ["--devices", "50"] }[command] ?? [];
  expectDocumented((await endpoint.run([command, "--json", ...flags])).stdout, examplesOf(command), [
    ".checks[].advice",
    ".comparisons[].reason",
  ]);
});

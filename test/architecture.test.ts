import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..", "agent");
const files = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"))
  .map((name) => name.replaceAll("\\", "/"));

/** What a file imports at run time: `node:fs`, or a path below agent/. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), "utf8");
  const specifiers = [...text.matchAll(/(?:^|\n)(?:import|export) (?!type )[^;]*?from "([^"]+)"|import\("([^"]+)"\)/g)];
  return specifiers.map(([, fixed, lazy]) => {
    const specifier = fixed ?? lazy ?? "";
    if (!specifier.startsWith(".")) return specifier;
    return relative(root, join(root, dirname(file), specifier)).replaceAll("\\", "/");
  });
}

const below = (folder: string): string[] => files.filter((file) => file.startsWith(`${folder}/`));

test.each(["identity", "link", "pace", "proxy"])("%s is pure: no Node module, no adapter", (folder) => {
  for (const file of below(folder)) {
    const impure = importsOf(file).filter((name) => /^node:|^(?:api|state|platform|commands)\//.test(name));
    expect(impure, file).toEqual([]);
  }
});

const adapters = ["api", "state", "platform"];
test.each(adapters)("the adapter %s imports no other adapter and no command", (folder) => {
  const foreign = new RegExp(`^(?:${[...adapters.filter((other) => other !== folder), "commands"].join("|")})/`);
  for (const file of below(folder))
    expect(
      importsOf(file).filter((name) => foreign.test(name)),
      file,
    ).toEqual([]);
});

test("only platform/select.ts asks which operating system this is", () => {
  const asking = files.filter((file) =>
    /process\.platform|os\.platform\(/.test(readFileSync(join(root, file), "utf8")),
  );
  expect(asking).toEqual(["platform/select.ts"]);
});

test("only main.ts ends the process", () => {
  const ending = files.filter((file) =>
    /process\.(?:exit|reallyExit|exitCode)\b/.test(readFileSync(join(root, file), "utf8")),
  );
  expect(ending).toEqual(["main.ts"]);
});

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";
import { commandNames } from "../agent/cli/commands.ts";

const root = join(import.meta.dirname, "..");
const sourcesIn = (folder: string): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"))
    .map((name) => `${folder}/${name}`);
const agent = sourcesIn("agent");
const installer = sourcesIn("installer");
const textOf = (file: string): string => readFileSync(join(root, file), "utf8");

interface Import {
  /** `node:fs`, or a path below the repository: `agent/errors.ts`. */
  readonly name: string;
  /** Nothing of it is left at run time. */
  readonly isType: boolean;
}

const statement = /(?:^|\n)(?:import|export) (type )?[^;]*?from "([^"]+)"/g;
const atRunTime = /import\("([^"]+)"\)(?!\.)|getBuiltinModule\("([^"]+)"\)/g;

function importsOf(file: string): readonly Import[] {
  const text = textOf(file);
  const inTree = (specifier: string): string =>
    specifier.startsWith(".") ? relative(root, join(root, dirname(file), specifier)) : specifier;
  return [
    ...[...text.matchAll(statement)].map(([, type, from = ""]) => ({ name: inTree(from), isType: type !== undefined })),
    ...[...text.matchAll(atRunTime)].map(([, lazy, builtIn]) => ({
      name: inTree(lazy ?? builtIn ?? ""),
      isType: false,
    })),
  ];
}

/** Each of `files` with a forbidden import, and that import. */
function offences(files: readonly string[], forbidden: (one: Import, file: string) => boolean): readonly string[] {
  return files.flatMap((file) =>
    importsOf(file)
      .filter((one) => forbidden(one, file))
      .map(({ name }) => `${file} imports ${name}`),
  );
}

const below = (...folders: readonly string[]): readonly string[] =>
  agent.filter((file) => folders.some((folder) => file.startsWith(`agent/${folder}/`)));
const isIn = (name: string, ...folders: readonly string[]): boolean =>
  folders.some((folder) => name.startsWith(`agent/${folder}/`));

const adapters = ["gears", "network", "state", "platform"];
/** Parts of `network/` that every adapter may use: they reach no network themselves. */
const pureNetwork = ["network/proxy", "network/log-on", "network/pac"];

test.each(["identity", "link", "pace", "network/proxy", "network/log-on"])(
  "%s is pure: it imports no Node module and no type of an adapter",
  (folder) => {
    // Whether an address is in a range is Node's arithmetic, which asks no network.
    const arithmetic = (name: string) => folder === "network/proxy" && name === "node:net";
    expect(
      offences(
        below(folder),
        ({ name, isType }) =>
          (!isType && name.startsWith("node:") && !arithmetic(name)) ||
          (isIn(name, ...adapters, "commands", "doctor", "wiring", "render") && !isIn(name, ...pureNetwork)),
      ),
    ).toEqual([]);
  },
);

test.each(adapters)("the adapter %s imports no other adapter and no command", (folder) => {
  const others = [...adapters.filter((other) => other !== folder), "commands", "doctor", "wiring", "render"];
  const mayUse = (name: string) => isIn(name, ...pureNetwork) || (folder === "gears" && isIn(name, "network"));
  expect(offences(below(folder), ({ name, isType }) => !isType && isIn(name, ...others) && !mayUse(name))).toEqual([]);
});

const systems = ["linux", "macos", "windows"].map((system) => `platform/${system}`);

test.each([...systems, "platform/posix"])("%s imports nothing of another system's", (folder) => {
  const others = systems.filter((other) => other !== folder);
  if (folder === "platform/windows") others.push("platform/posix");
  expect(offences(below(folder), ({ name }) => isIn(name, ...others))).toEqual([]);
});

test("a system's log-on is loaded only when a proxy or a gateway asks for it", () => {
  const isLogOn = (name: string): boolean => /^agent\/(?:platform\/\w+|network\/tenant)\/log-on\b/.test(name);
  const eager = agent
    .filter((file) => !isLogOn(file) && file !== "agent/worker/log-on-entry.ts")
    .flatMap((file) => [...textOf(file).matchAll(statement)].map(([, type, from = ""]) => ({ file, type, from })))
    .filter(({ file, type, from }) => type === undefined && isLogOn(relative(root, join(root, dirname(file), from))));
  expect(eager).toEqual([]);
  const lazy = agent.flatMap((file) => importsOf(file).filter(({ name }) => isLogOn(name) && !isLogOn(file)));
  expect(lazy.length).toBeGreaterThan(4);
});

test("only platform/select.ts knows the systems", () => {
  const rest = agent.filter((file) => file !== "agent/platform/select.ts" && !below(...systems).includes(file));
  expect(offences(rest, ({ name }) => isIn(name, ...systems))).toEqual([]);
  const asking = agent.filter((file) => /process\.platform|os\.platform\(/.test(textOf(file)));
  expect(asking).toEqual(["agent/platform/select.ts"]);
});

test("the program needs no file of the installers or of the tests", () => {
  expect(offences(agent, ({ name }) => /^(?:installer|test)\//.test(name))).toEqual([]);
});

test("the installers import facts from the program, but no code that acts; the snapshot runs it", () => {
  const building = installer.filter((file) => !file.startsWith("installer/executable/snapshot/"));
  expect(
    offences(building, ({ name }) =>
      isIn(name, "gears", "network", "commands", "wiring", "render", "doctor", "link", "state"),
    ),
  ).toEqual([]);
});

test("only five files start other programs", () => {
  const starting = [...agent, ...installer].filter((file) =>
    importsOf(file).some(({ name }) => name === "node:child_process"),
  );
  expect(starting.toSorted()).toEqual([
    "agent/platform/linux/service/programs.ts",
    "agent/platform/run-program.ts",
    "agent/platform/windows/service/task-scheduler.ts",
    "installer/executable/command.ts",
    "installer/executable/snapshot/training-server.ts",
  ]);
});

test("one folder opens files, except the system's own and those of an installation", () => {
  const opening = /\b(?:openSync|readFileSync|createReadStream|createWriteStream|copyFileSync|openAsBlob)\b/;
  const named = agent.filter((file) => {
    const [, names = ""] = /import \{([^}]*)\} from "node:fs"/.exec(textOf(file)) ?? [];
    return opening.test(names) || importsOf(file).some(({ name }) => name === "node:fs/promises");
  });
  expect(named.toSorted()).toEqual([
    "agent/files/open-file.ts",
    // Root's paths below /etc, /proc and /sys.
    "agent/platform/linux/accounts/local-files.ts",
    "agent/platform/linux/accounts/nsswitch.ts",
    "agent/platform/linux/accounts/started-by-person.ts",
    "agent/platform/linux/hardware/adapters.ts",
    "agent/platform/linux/hardware/hardware-ids.ts",
    "agent/platform/linux/listener.ts",
    "agent/platform/windows/service/install-machine.ts",
  ]);
});

test("only doctor --compare starts the system's tools for comparison", () => {
  const isTools = (name: string) => /^agent\/platform\/\w+\/compare\//.test(name);
  expect(offences(agent, ({ name, isType }) => !isType && isTools(name))).toEqual(
    ["linux", "macos", "windows"].map(
      (system) => `agent/platform/${system}/platform.ts imports agent/platform/${system}/compare/tool-readings.ts`,
    ),
  );
  const calling = agent.filter((file) => /\.readTools\b/.test(textOf(file)));
  expect(calling).toEqual(["agent/doctor/compare/compare.ts"]);
});

test("a name of a C header has its number in a table that the header is compared with", () => {
  const bare = /^\s*(?:export )?const [A-Z][A-Z0-9_]{2,} = [-(\d]/m;
  expect(below("platform").filter((file) => bare.test(textOf(file)))).toEqual([]);
});

test("the system's log-on is started in one place, which keeps NTLM out of Negotiate", () => {
  const starting = agent.filter((file) => /\b(?:system|systemLogOn)\??\.start\(/.test(textOf(file)));
  expect(starting).toEqual(["agent/network/log-on/without-ntlm.ts"]);
});

test("only main.ts ends the process", () => {
  const ending = agent.filter((file) => /process\.(?:exit|reallyExit|exitCode)\b/.test(textOf(file)));
  expect(ending).toEqual(["agent/main.ts"]);
});

test("commands/ holds one file for each command, and one for the dry run", () => {
  const files = readdirSync(join(root, "agent/commands"));
  expect(files.toSorted()).toEqual([...commandNames, "dry-run"].map((name) => `${name}.ts`).toSorted());
});

test.each([
  ["commands", ["main.ts"]],
  ["doctor", ["commands", "doctor"]],
  ["wiring", ["commands", "doctor", "wiring", "main.ts"]],
  ["render", ["commands", "render", "main.ts"]],
])("%s is imported by %j alone, but for types", (folder, importers) => {
  const others = agent.filter((file) => !importers.some((one) => file.startsWith(`agent/${one}`)));
  expect(others.length).toBeGreaterThan(100);
  expect(offences(others, ({ name, isType }) => !isType && isIn(name, folder))).toEqual([]);
});

test("no two exports share a name, except those that each system implements", () => {
  const declared = /^export (?:declare )?(?:async )?(?:const|function\*?|class|interface|type) (\w+)/gm;
  const systemOf = (file: string) => /^agent\/platform\/(linux|macos|windows|posix)\//.exec(file)?.[1];
  const files = new Map<string, string[]>();
  for (const file of [...agent, ...installer]) {
    for (const [, name = ""] of textOf(file).matchAll(declared)) files.set(name, [...(files.get(name) ?? []), file]);
  }
  const shared = [...files].filter(([, [first = "", ...others]]) => {
    const seen = new Set([systemOf(first)]);
    return others.some((file) => seen.has(undefined) || seen.has(systemOf(file)) || !seen.add(systemOf(file)));
  });
  expect(files.size).toBeGreaterThan(500);
  expect(shared.map(([name, all]) => `${name}: ${all.join(", ")}`)).toEqual([]);
});

test("a folder has at most 12 files", () => {
  const counts = new Map<string, number>();
  for (const top of ["agent", "installer", "test"]) {
    for (const entry of readdirSync(join(root, top), { recursive: true, withFileTypes: true })) {
      const folder = relative(root, entry.parentPath);
      if (entry.isFile()) counts.set(folder, (counts.get(folder) ?? 0) + 1);
    }
  }
  expect(counts.size).toBeGreaterThan(40);
  expect([...counts].filter(([, count]) => count > 12)).toEqual([]);
});

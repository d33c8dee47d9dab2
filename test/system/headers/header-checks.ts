import { spawnSync } from "node:child_process";
import type { ArgumentType, FunctionSignature } from "node:ffi";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FieldKind, type NativeTable, nativeTables } from "../../../agent/platform/native-layout.ts";

/** A compiler and the headers of one platform. */
export interface HeaderJudge {
  /** The command and what it needs besides the language. */
  readonly compiler: readonly [command: string, ...parameters: string[]];
  /** Where the compiler is found if it is not installed. */
  readonly debianPackage: string;
  /** The first lines: macros and includes, in the platform's order. */
  readonly prelude: readonly string[];
}

/** All tables of a system's modules, and of those that they import. */
export async function tablesOf(system: "linux" | "macos" | "windows"): Promise<readonly NativeTable[]> {
  const folder = join(import.meta.dirname, "../../../agent/platform", system);
  const sources = readdirSync(folder, { recursive: true, encoding: "utf8" });
  for (const name of sources.filter((name) => /(?<!\.d)\.ts$/.test(name))) await import(join(folder, name));
  return nativeTables;
}

/**
 * Has a compiler compare tables with headers.
 * @returns what differs, each as `offset of MIB_IF_ROW2.Type`
 * @throws Error with anything else that the compiler says
 */
export function differences(tables: readonly NativeTable[], judge: HeaderJudge): readonly string[] {
  // C accepts addresses as constants; C++ checks the types of functions.
  const inC = tables.filter((table) => "constants" in table).flatMap(assertions);
  const inCpp = tables.filter((table) => !("constants" in table)).flatMap(assertions);
  return [...failures(["#include <assert.h>", ...inC], "c", judge), ...failures([helpers, ...inCpp], "c++", judge)];
}

/**
 * Has a compiler link a program against the libraries of its platform.
 * @throws Error where one of the functions is in none of them
 */
export function linkAll(functions: readonly string[], judge: Pick<HeaderJudge, "compiler" | "debianPackage">): void {
  const declared = functions.map((name) => `extern char ${name}[];`);
  const lines = [...declared, `char *all[] = {${functions.join(",")}};`, "int main(void) { return !all[0]; }", ""];
  const { status, stderr } = compile(judge, ["-fno-builtin", "-x", "c", "-o", "out", "-"], lines);
  if (status !== 0) throw new Error(stderr);
}

function compile(
  { compiler, debianPackage }: Pick<HeaderJudge, "compiler" | "debianPackage">,
  options: readonly string[],
  lines: readonly string[],
) {
  const [command, ...parameters] = compiler;
  const input = lines.join("\n");
  // Each in a separate folder: zig leaves files beside its output.
  const cwd = mkdtempSync(join(tmpdir(), "headers-"));
  try {
    const { error, status, stderr } = spawnSync(command, [...parameters, "-w", ...options], {
      input,
      cwd,
      encoding: "utf8",
    });
    if (error !== undefined) throw new Error(`${command}: ${error.message}; Debian's package is ${debianPackage}`);
    return { status, stderr };
  } finally {
    rmSync(cwd, { recursive: true });
  }
}

function failures(lines: readonly string[], language: "c" | "c++", judge: HeaderJudge) {
  // Not -fsyntax-only, with which `zig c++` links.
  const options = ["-c", "-o", "out", "-x", language, "-"];
  const { status, stderr } = compile(judge, options, [...judge.prelude, "#include <stddef.h>", ...lines, ""]);
  const failed = [...stderr.matchAll(/error: static assertion failed(?: due to requirement '.*')?: "?([^"\n]+)/g)];
  const errors = stderr.match(/error:/g)?.length ?? 0;
  if (errors !== failed.length || (status !== 0 && errors === 0)) throw new Error(stderr);
  return failed.map(([, what = ""]) => what);
}

/** Shape of a C type: size in bytes, whether it is a pointer, and its sign (-1: either is good, as for an enumeration). */
const helpers = `
#include <initializer_list>
struct Shape { int size, pointer, sign; };
template<class T> struct ShapeOf { static constexpr Shape value = {sizeof(T), 0, __is_enum(T) ? -1 : T(-1) < T(0)}; };
template<class T> struct ShapeOf<T*> { static constexpr Shape value = {8, 1, 0}; };
template<> struct ShapeOf<void> { static constexpr Shape value = {0, 0, 0}; };
constexpr bool fits(Shape table, Shape header) {
  if (table.size != header.size || (table.pointer && !header.pointer)) return false;
  return header.pointer || header.sign == -1 || table.sign == header.sign;
}
using Shapes = std::initializer_list<Shape>;
constexpr bool fitAll(Shapes header, Shapes table) {
  if (table.size() < header.size()) return false;
  for (size_t i = 0; i < header.size(); i++) if (!fits(table.begin()[i], header.begin()[i])) return false;
  return true;
}
template<class R, class... A> constexpr bool fit(R (*)(A...), Shapes table) {
  return table.size() == 1 + sizeof...(A) && fitAll({ShapeOf<R>::value, ShapeOf<A>::value...}, table);
}
template<class R, class... A> constexpr bool fit(R (*)(A..., ...), Shapes table) {
  return fitAll({ShapeOf<R>::value, ShapeOf<A>::value...}, table);
}`;

function assertions(table: NativeTable): readonly string[] {
  if ("layout" in table) return layoutAssertions(table);
  if ("constants" in table)
    return Object.entries(table.constants).map(([name, value]) => constantAssertion(name, value));
  return Object.entries(table.prototypes).map(([name, signature]) => prototypeAssertion(name, signature));
}

const isTrue = (condition: string, what: string): string => `static_assert(${condition}, ${JSON.stringify(what)});`;

const fieldSize = (kind: FieldKind): number =>
  typeof kind === "number" ? kind : kind === "pointer" ? 8 : Number(kind.slice(1)) / 8;

function layoutAssertions({ type, layout, orSmaller }: Extract<NativeTable, { layout: unknown }>) {
  const { size, fields } = layout;
  return [
    isTrue(`sizeof(${type}) ${orSmaller ? "<=" : "=="} ${size}`, `size of ${type}`),
    ...Object.entries(fields).flatMap(([name, [offset, kind]]) => {
      const member = `((${type}*)0)->${name}`;
      return [
        isTrue(`offsetof(${type}, ${name}) == ${offset}`, `offset of ${type}.${name}`),
        // A list of unknown length is declared with one element.
        isTrue(`sizeof(${member}) == ${fieldSize(kind)}`, `size of ${type}.${name}`),
        ...(kind === "pointer"
          ? [isTrue(`ShapeOf<decltype(${member})>::value.pointer`, `pointer ${type}.${name}`)]
          : []),
      ];
    }),
  ];
}

/** Compared in the 32 or 64 bits that the header gives it. */
function constantAssertion(name: string, value: number | bigint): string {
  const mask = `(sizeof(${name}) == 8 ? ~0ull : ~0ull >> 32)`;
  const wanted = value < 0 ? `(${value}ull & ${mask})` : `${value}ull`;
  return isTrue(`((size_t)(${name}) & ${mask}) == ${wanted}`, `value of ${name}`);
}

const shapes: Readonly<Record<string, readonly [size: number, pointer: 0 | 1, sign: 0 | 1]>> = {
  void: [0, 0, 0],
  pointer: [8, 1, 0],
  buffer: [8, 1, 0],
  string: [8, 1, 0],
  uint8: [1, 0, 0],
  uint16: [2, 0, 0],
  uint32: [4, 0, 0],
  int32: [4, 0, 1],
  uint64: [8, 0, 0],
  int64: [8, 0, 1],
};

function shapeOf(type: string): string {
  const shape = shapes[type];
  if (shape === undefined) throw new Error(`the type ${type} of node:ffi has no shape here`);
  return `Shape{${shape.join(",")}}`;
}

function prototypeAssertion(name: string, { arguments: parameters = [], return: result = "void" }: FunctionSignature) {
  const shapes = [result, ...parameters].map(shapeOf);
  return isTrue(`fit(&${name}, {${shapes.join(", ")}})`, `prototype of ${name}`);
}

/** A table with an error, and what a judge says of it. */
interface Mutation {
  readonly table: NativeTable;
  readonly what: string;
}

/** The table's parts, each with one error. */
export function mutations(table: NativeTable): readonly Mutation[] {
  if ("constants" in table) {
    return Object.entries(table.constants).map(([name, value]) => ({
      table: { ...table, constants: { [name]: typeof value === "bigint" ? value + 1n : value + 1 } },
      what: `value of ${name}`,
    }));
  }
  if ("layout" in table) {
    const { type, layout } = table;
    const withFields = (fields: typeof layout.fields, size = layout.size) => ({
      ...table,
      layout: { ...layout, size, fields },
    });
    return [
      { table: withFields({}, table.orSmaller ? 1 : layout.size + 4), what: `size of ${type}` },
      ...Object.entries(layout.fields).map(([name, [offset, kind]]) => ({
        table: withFields({ [name]: [offset + 1, kind] }),
        what: `offset of ${type}.${name}`,
      })),
    ];
  }
  return Object.entries(table.prototypes).flatMap(([name, { arguments: parameters = [], return: result = "void" }]) => {
    const wrong = (type: string): ArgumentType => (type === "uint8" ? "uint16" : "uint8");
    const signatures: readonly FunctionSignature[] = [
      { arguments: ["uint8", ...parameters], return: result },
      { arguments: parameters, return: wrong(result) },
      ...parameters.map((type, at) => ({ arguments: parameters.with(at, wrong(type)), return: result })),
    ];
    return signatures.map((signature) => ({
      table: { ...table, prototypes: { [name]: signature } },
      what: `prototype of ${name}`,
    }));
  });
}

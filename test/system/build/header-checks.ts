import { spawnSync } from "node:child_process";
import type { FunctionSignature } from "node:ffi";
import type { FieldKind, NativeTable } from "../../../agent/platform/native-layout.ts";

/** A compiler and the headers of one platform. */
export interface HeaderJudge {
  /** The command and what it needs besides the language. */
  readonly compiler: readonly [command: string, ...parameters: string[]];
  /** Where the compiler is found if it is not installed. */
  readonly debianPackage: string;
  /** What stands before all else: macros and includes, in the order that the platform wants. */
  readonly prelude: readonly string[];
}

/**
 * Has a compiler compare tables with headers.
 * @returns what differs, each as `offset of MIB_IF_ROW2.Type`
 * @throws Error with anything else that the compiler says
 */
export function differences(tables: readonly NativeTable[], judge: HeaderJudge): readonly string[] {
  // C takes addresses as constants, C++ knows the types of functions.
  const inC = tables.filter((table) => "constants" in table).flatMap(assertions);
  const inCpp = tables.filter((table) => !("constants" in table)).flatMap(assertions);
  return [...failures(["#include <assert.h>", ...inC], "c", judge), ...failures([helpers, ...inCpp], "c++", judge)];
}

function failures(lines: readonly string[], language: "c" | "c++", { compiler, debianPackage, prelude }: HeaderJudge) {
  const [command, ...parameters] = compiler;
  const options = [...parameters, "-fsyntax-only", "-w", "-x", language, "-"];
  const input = [...prelude, "#include <stddef.h>", ...lines, ""].join("\n");
  const { error, status, stderr } = spawnSync(command, options, { input, encoding: "utf8" });
  if (error !== undefined) throw new Error(`${command}: ${error.message}; Debian's package is ${debianPackage}`);
  const failed = [...stderr.matchAll(/error: static assertion failed(?: due to requirement [^:]+)?: "?([^"\n]+)/g)];
  const errors = stderr.match(/error:/g)?.length ?? 0;
  if (errors !== failed.length || (status !== 0 && errors === 0)) throw new Error(stderr);
  return failed.map(([, what = ""]) => what);
}

/** Shape of a C type: size in bytes, whether it is a pointer, and its sign (-1: either is good, as for an enumeration). */
const helpers = `
struct Shape { int size, pointer, sign; };
template<class T> struct ShapeOf { static constexpr Shape value = {sizeof(T), 0, __is_enum(T) ? -1 : T(-1) < T(0)}; };
template<class T> struct ShapeOf<T*> { static constexpr Shape value = {8, 1, 0}; };
template<> struct ShapeOf<void> { static constexpr Shape value = {0, 0, 0}; };
constexpr bool fits(Shape table, Shape header) {
  if (table.size != header.size || (table.pointer && !header.pointer)) return false;
  return header.pointer || header.sign == -1 || table.sign == header.sign;
}
template<class R, class... A> constexpr bool fit(R (*)(A...), Shape result, const Shape *parameters, int count) {
  Shape header[] = {ShapeOf<R>::value, ShapeOf<A>::value...};
  if (count != (int)sizeof...(A) || !fits(result, header[0])) return false;
  for (int i = 0; i < count; i++) if (!fits(parameters[i], header[i + 1])) return false;
  return true;
}`;

function assertions(table: NativeTable): readonly string[] {
  if ("layout" in table) return layoutAssertions(table.type, table.layout);
  if ("constants" in table)
    return Object.entries(table.constants).map(([name, value]) => constantAssertion(name, value));
  return Object.entries(table.prototypes).map(([name, signature]) => prototypeAssertion(name, signature));
}

const isTrue = (condition: string, what: string): string => `static_assert(${condition}, ${JSON.stringify(what)});`;

const fieldSize = (kind: FieldKind): number =>
  typeof kind === "number" ? kind : kind === "pointer" ? 8 : Number(kind.slice(1)) / 8;

function layoutAssertions(type: string, { size, fields }: Extract<NativeTable, { layout: unknown }>["layout"]) {
  return [
    isTrue(`sizeof(${type}) == ${size}`, `size of ${type}`),
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
  return isTrue(`((size_t)(${name}) & ${mask}) == ${BigInt(value)}ull`, `value of ${name}`);
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
  return `{${shape.join(",")}}`;
}

function prototypeAssertion(name: string, { arguments: parameters = [], return: result = "void" }: FunctionSignature) {
  const list = parameters.map(shapeOf).join(",") || "{0,0,0}";
  const call = `fit(&${name}, Shape${shapeOf(result)}, parameters_${name}, ${parameters.length})`;
  return `constexpr Shape parameters_${name}[] = {${list}};\n${isTrue(call, `prototype of ${name}`)}`;
}

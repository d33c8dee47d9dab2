import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type NativeTable, nativeTables } from "../../../agent/platform/native-layout.ts";
import { differences, type HeaderJudge } from "./header-checks.ts";

/** Every layout, constant and prototype of Windows, as mingw-w64's headers have it. */

/** Those that windows.h does not include, in the order that they want. */
const headers = ["winsock2.h", "ws2tcpip.h", "windows.h", "iphlpapi.h", "netioapi.h", "ntddndis.h", "wincrypt.h"];
headers.push("dpapi.h", "ntsecapi.h", "security.h", "secext.h", "winhttp.h", "sddl.h", "wtsapi32.h");

const mingw: HeaderJudge = {
  compiler: ["x86_64-w64-mingw32-g++"],
  debianPackage: "g++-mingw-w64-x86-64-win32",
  prelude: [
    "#define _WIN32_WINNT 0x0A00",
    "#define SECURITY_WIN32",
    "#define WIN32_NO_STATUS",
    ...headers.map((header) => `#include <${header}>`),
    // Its few values are in windows.h, too.
    "#undef WIN32_NO_STATUS",
    "#include <ntstatus.h>",
  ],
};

const windows = join(import.meta.dirname, "../../../agent/platform/windows");
const sources = readdirSync(windows, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
for (const name of sources) await import(join(windows, name));

test("agree with the headers", () => {
  expect(nativeTables.length).toBeGreaterThan(50);
  expect(differences(nativeTables, mingw)).toEqual([]);
});

test("with a deliberate error in each number and type are all refused", () => {
  const wrong = nativeTables.flatMap(mutations);
  expect(wrong.length).toBeGreaterThan(300);
  const tables = wrong.map(({ table }) => table);
  expect(differences(tables, mingw).toSorted()).toEqual(wrong.map(({ what }) => what).toSorted());
});

interface Mutation {
  readonly table: NativeTable;
  readonly what: string;
}

/** The table's parts, each with one error. */
function mutations(table: NativeTable): readonly Mutation[] {
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
      { table: withFields({}, layout.size + 4), what: `size of ${type}` },
      ...Object.entries(layout.fields).map(([name, [offset, kind]]) => ({
        table: withFields({ [name]: [offset + 1, kind] }),
        what: `offset of ${type}.${name}`,
      })),
    ];
  }
  return Object.entries(table.prototypes).map(([name, { arguments: parameters = [], return: result = "void" }]) => ({
    table: { ...table, prototypes: { [name]: { arguments: [...parameters, "int32"], return: result } } },
    what: `prototype of ${name}`,
  }));
}

import { expect, test } from "vitest";
import { differences, type HeaderJudge, mutations, tablesOf } from "./header-checks.ts";

/** Every layout, constant and prototype of Windows, as mingw-w64's headers have it. */

/** Headers that windows.h does not include, in the required order. */
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

const tables = await tablesOf("windows");

test("agree with the headers", () => {
  expect(tables.length).toBeGreaterThan(50);
  expect(differences(tables, mingw)).toEqual([]);
});

test("with a deliberate error in each number and type are all refused", () => {
  const wrong = tables.flatMap(mutations);
  expect(wrong.length).toBeGreaterThan(300);
  expect(
    differences(
      wrong.map(({ table }) => table),
      mingw,
    ).toSorted(),
  ).toEqual(wrong.map(({ what }) => what).toSorted());
});

import { describe, expect, test } from "vitest";
import type { NativeTable } from "../../../agent/platform/native-layout.ts";
import { differences, type HeaderJudge, linkAll, mutations, tablesOf } from "./header-checks.ts";
import { zig } from "./zig.ts";

/**
 * Every layout, constant and prototype of macOS, compared with Apple's headers, which zig contains. It lacks those of
 * GSS.framework: MIT's, of Debian's libkrb5-dev, have the same functions (RFC 2744), packed as Apple packs them.
 */

const headers = ["utmpx.h", "pwd.h", "grp.h", "unistd.h", "errno.h", "time.h", "fcntl.h", "uuid/uuid.h", "syslog.h"];
headers.push("sys/types.h", "sys/acl.h", "bsm/audit.h");
const prelude = [...headers.map((header) => `#include <${header}>`), '#include "/usr/include/gssapi/gssapi.h"'];
const judgeFor = (processor: string): HeaderJudge => ({
  compiler: [zig(), "c++", "-ferror-limit=0", "-target", `${processor}-macos`, "-idirafter", "/usr/include"],
  debianPackage: "libkrb5-dev",
  prelude,
});

/** Parts of `platform/posix` that are called on Linux alone. */
const ofLinux = /^(?:nss\.h|wbclient\.h|gssapi\/gssapi_ext\.h|lib(?:nss_files|wbclient|gssapi_krb5)\.so\.\d)$/;
/** Numbers of Kerberos itself, which Apple's headers have in a form that no compiler reads (krb5_err.et). */
const notCompared = "krb5/krb5.h";
const sourceOf = (table: NativeTable): string => ("header" in table ? table.header : table.library);
const all = (await tablesOf("macos")).filter(
  (table) => !ofLinux.test(sourceOf(table)) && sourceOf(table) !== notCompared,
);
/** Intel's structures in place of those that are packed otherwise there. */
const onIntel = all.filter((table) => sourceOf(table).endsWith(" on x86_64"));
const replaced = new Set(onIntel.flatMap((table) => ("layout" in table ? [table.type] : [])));
const tablesFor = (processor: string): readonly NativeTable[] =>
  processor === "x86_64"
    ? all.filter((table) => onIntel.includes(table) || !("layout" in table && replaced.has(table.type)))
    : all.filter((table) => !onIntel.includes(table));
/** The header says int for the IDs of groups, which are unsigned everywhere else; the bits are the same. */
const signOfGroups = "prototype of getgrouplist";

describe.each(["aarch64", "x86_64"])("%s", (processor) => {
  const judge = judgeFor(processor);
  const tables = tablesFor(processor);

  test("agrees with the headers", () => {
    expect(tables.length).toBeGreaterThan(12);
    expect(differences(tables, judge)).toEqual([signOfGroups]);
  });

  test("with a deliberate error in each number and type are all refused", () => {
    const wrong = tables.flatMap(mutations);
    expect(wrong.length).toBeGreaterThan(80);
    const refused = differences(
      wrong.map(({ table }) => table),
      judge,
    );
    expect(refused.toSorted()).toEqual(wrong.map(({ what }) => what).toSorted());
  });

  test("every function is in libSystem", () => {
    const ofSystem = tables.filter((table) => !/^GSS/.test(sourceOf(table)));
    const functions = ofSystem.flatMap((table) => ("prototypes" in table ? Object.keys(table.prototypes) : []));
    const compiler = [zig(), "cc", "-target", `${processor}-macos`] as const;
    linkAll(functions, { compiler, debianPackage: "none" });
    expect(() => linkAll([...functions, "setutxentx"], { compiler, debianPackage: "none" })).toThrow(/_setutxentx/);
  });
});

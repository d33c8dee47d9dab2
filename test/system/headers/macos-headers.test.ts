import { describe, expect, test } from "vitest";
import { differences, type HeaderJudge, linkAll, mutations, tablesOf } from "./header-checks.ts";
import { zig } from "./zig.ts";

/** Every layout, constant and prototype of macOS, as Apple's headers have it, which zig brings with it. */

const headers = ["utmpx.h", "pwd.h", "grp.h", "unistd.h", "errno.h", "time.h", "fcntl.h", "uuid/uuid.h", "syslog.h"];
headers.push("sys/types.h", "sys/acl.h", "bsm/audit.h");
const prelude = headers.map((header) => `#include <${header}>`);
const judgeFor = (processor: string): HeaderJudge => ({
  compiler: [zig(), "c++", "-ferror-limit=0", "-target", `${processor}-macos`],
  debianPackage: "none",
  prelude,
});

/** Parts of `platform/posix` that are called on Linux alone. */
const ofLinux = /^(?:nss\.h|wbclient\.h|libnss_files\.so\.2|libwbclient\.so\.0)$/;
const all = await tablesOf("macos");
const tables = all.filter((table) => !ofLinux.test("header" in table ? table.header : table.library));
/** The header says int for the IDs of groups, which are unsigned everywhere else; the bits are the same. */
const signOfGroups = "prototype of getgrouplist";

describe.each(["aarch64", "x86_64"])("%s", (processor) => {
  const judge = judgeFor(processor);

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
    const functions = tables.flatMap((table) => ("prototypes" in table ? Object.keys(table.prototypes) : []));
    const compiler = [zig(), "cc", "-target", `${processor}-macos`] as const;
    linkAll(functions, { compiler, debianPackage: "none" });
    expect(() => linkAll([...functions, "setutxentx"], { compiler, debianPackage: "none" })).toThrow(/_setutxentx/);
  });
});

import { describe, expect, test } from "vitest";
import { differences, type HeaderJudge, mutations, tablesOf } from "./header-checks.ts";
import { zig } from "./zig.ts";

/** Every layout, constant and prototype of Linux, as the headers of glibc, the kernel, systemd and Samba have it. */

const headers = ["sys/socket.h", "sys/ioctl.h", "sys/file.h", "net/if.h", "net/route.h", "netinet/tcp.h"];
headers.push("netinet/in.h", "net/if_arp.h", "sys/mman.h", "sys/prctl.h");
headers.push("linux/sockios.h", "linux/ethtool.h", "errno.h", "pwd.h", "grp.h", "nss.h", "stdlib.h", "unistd.h");
headers.push("stdbool.h", "stdint.h", "time.h", "sys/types.h");
/**
 * By their paths, because this machine's headers must not shadow those of another processor, which are searched last.
 */
const installed = [
  "systemd/sd-login.h",
  "samba-4.0/wbclient.h",
  "gssapi/gssapi.h",
  "gssapi/gssapi_ext.h",
  "krb5/krb5.h",
];

const prelude = [
  "#define _GNU_SOURCE 1",
  ...headers.map((header) => `#include <${header}>`),
  ...installed.map((path) => `#include "/usr/include/${path}"`),
  // nss.h has the type of such functions; each source declares its own.
  "extern nss_getpwuid_r _nss_files_getpwuid_r;",
];
const processors: readonly (readonly [string, HeaderJudge])[] = [
  ["x64", { compiler: ["g++"], debianPackage: "g++, libkrb5-dev, libsystemd-dev and libwbclient-dev", prelude }],
  [
    "arm64",
    {
      compiler: [zig(), "c++", "-ferror-limit=0", "-target", "aarch64-linux-gnu", "-idirafter", "/usr/include"],
      debianPackage: "none",
      prelude,
    },
  ],
];

const tables = await tablesOf("linux");

describe.each(processors)("%s", (_processor, judge) => {
  test("agrees with the headers", () => {
    expect(tables.length).toBeGreaterThan(20);
    expect(differences(tables, judge)).toEqual([]);
  });

  test("with a deliberate error in each number and type are all refused", () => {
    const wrong = tables.flatMap(mutations);
    expect(wrong.length).toBeGreaterThan(100);
    const refused = differences(
      wrong.map(({ table }) => table),
      judge,
    );
    const expected = wrong.map(({ what }) => what);
    // Headers name no type for an argument that they write as `...`.
    for (const variadic of ["ioctl", "prctl"]) expected.splice(expected.lastIndexOf(`prototype of ${variadic}`), 1);
    expect(refused.toSorted()).toEqual(expected.toSorted());
  });
});

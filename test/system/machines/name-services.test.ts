import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LinuxMachine, startMachine } from "../install/linux-machine.ts";

/**
 * Directories whose clients are not in Debian: libnss-extrausers answers under the name of the client's library, so
 * that the real NSS, with its real configuration, returns that directory's names.
 */

const program = [
  process.execPath,
  "--disable-warning=ExperimentalWarning",
  resolve(import.meta.dirname, "../../../agent/main.ts"),
];
/** A client's library: nss(5) looks its functions up by its name, and libnss-extrausers answers. */
const forwarding = (client: string): string => `
#include <dlfcn.h>
#include <grp.h>
#include <nss.h>
#include <pwd.h>
static void *find(const char *name) {
  void *library = dlopen("libnss_extrausers.so.2", RTLD_NOW);
  return library ? dlsym(library, name) : 0;
}
#define FORWARD(function, parameters, arguments) \\
  enum nss_status _nss_${client}_##function parameters { \\
    enum nss_status(*other) parameters = find("_nss_extrausers_" #function); \\
    return other ? other arguments : NSS_STATUS_UNAVAIL; \\
  }
#define RECORD(type) struct type *record, char *buffer, size_t length, int *error
FORWARD(getpwnam_r, (const char *name, RECORD(passwd)), (name, record, buffer, length, error))
FORWARD(getpwuid_r, (uid_t uid, RECORD(passwd)), (uid, record, buffer, length, error))
FORWARD(setpwent, (void), ())
FORWARD(endpwent, (void), ())
FORWARD(getpwent_r, (RECORD(passwd)), (record, buffer, length, error))
FORWARD(getgrnam_r, (const char *name, RECORD(group)), (name, record, buffer, length, error))
FORWARD(getgrgid_r, (gid_t gid, RECORD(group)), (gid, record, buffer, length, error))
FORWARD(setgrent, (void), ())
FORWARD(endgrent, (void), ())
FORWARD(getgrent_r, (RECORD(group)), (record, buffer, length, error))
`;

let folder: string;
let machine: LinuxMachine;

beforeAll(async () => {
  // Below the repository, which the container sees.
  folder = mkdtempSync(resolve(import.meta.dirname, "../../../node_modules/.names-"));
  machine = await startMachine("names");
  machine.run("mkdir", "--parents", "/var/lib/extrausers");
  for (const client of ["ldap", "himmelblau", "sss"]) {
    const [source, library] = [join(folder, `${client}.c`), join(folder, `libnss_${client}.so.2`)];
    writeFileSync(source, forwarding(client));
    execFileSync("gcc", ["-shared", "-fPIC", "-o", library, source, "-ldl"]);
    machine.run("cp", library, "/usr/lib/x86_64-linux-gnu/");
  }
});
afterAll(async () => {
  await machine?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

interface Directory {
  /** Lines of nsswitch.conf(5). */
  readonly sources: string;
  readonly passwd: string;
  readonly group?: string;
}

/** A dry run for a user of that directory. */
function dryRun({ sources, passwd, group = "" }: Directory, user: string, ...flags: readonly string[]) {
  machine.shell("cat > /etc/nsswitch.conf", sources);
  machine.shell("cat > /var/lib/extrausers/passwd", passwd);
  machine.shell("cat > /var/lib/extrausers/group", group);
  const { stdout, stderr } = machine.try(...program, "link", "--dry-run", "--json", "--user", user, ...flags);
  try {
    return JSON.parse(stdout);
  } catch (cause) {
    throw new Error(`${stdout}\n${stderr}`, { cause });
  }
}

const both = (source: string): string => `passwd: files ${source}\ngroup: files ${source}\n`;

test("a person's user ID and a group's number may be in any range", () => {
  const directory: Directory = {
    sources: both("sss"),
    passwd: "alice:x:62001:61500::/home/alice:/bin/bash\n",
    group: "sales emea:x:61500:alice\n",
  };
  expect(dryRun(directory, "alice")).toMatchObject({ outcome: "dry-run", username: "alice", group: "sales emea" });
});

test("a name of Entra ID is the UPN", () => {
  const directory: Directory = {
    sources: both("himmelblau"),
    passwd: "alice.smith@contoso.com:x:800001:800001::/home/alice:/bin/bash\n",
  };
  const { username, warnings } = dryRun(directory, "alice.smith@contoso.com", "--username-format", "upn");
  expect(username).toBe("alice.smith@contoso.com");
  expect(warnings.filter((one: string) => one.includes("UPN"))).toEqual([]);
});

test("a mail address in an LDAP directory is the whole name", () => {
  const directory: Directory = {
    sources: both("ldap"),
    passwd:
      "alice@kunde-a.example:x:20001:20001::/home/a:/bin/bash\nalice@kunde-b.example:x:20002:20001::/home/b:/bin/bash\n",
    group: "staff-a:x:20001:\n",
  };
  for (const name of ["alice@kunde-a.example", "alice@kunde-b.example"]) {
    expect(dryRun(directory, name)).toMatchObject({ username: name, group: "staff-a" });
  }
});

test("the source in passwd_compat is a directory", () => {
  machine.shell("printf '+::::::\\n' >> /etc/passwd; printf '+:::\\n' >> /etc/group");
  const directory: Directory = {
    sources: "passwd: compat\ngroup: compat\npasswd_compat: ldap\ngroup_compat: ldap\n",
    passwd: "bob:x:30001:30001::/home/bob:/bin/bash\n",
    group: "engineering:x:30001:\n",
  };
  expect(dryRun(directory, "bob")).toMatchObject({ username: "bob", group: "engineering" });
});

test("a thousand groups are all named", () => {
  const numbers = Array.from({ length: 1001 }, (_, at) => 40_000 + at);
  const directory: Directory = {
    sources: both("sss"),
    passwd: "carol:x:40001:40000::/home/carol:/bin/bash\n",
    group: numbers.map((number) => `team ${number}:x:${number}:carol\n`).join(""),
  };
  const { group, groups } = dryRun(directory, "carol", "--group-prefer", "team 41000");
  expect(group).toBe("team 41000");
  expect(groups).toHaveLength(1001);
});

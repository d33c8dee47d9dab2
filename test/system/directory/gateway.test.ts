import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { makeGatewayPackage } from "../../../installer/packages.ts";
import { type CodeBlock, codeBlocks } from "../../documents/code-blocks.ts";
import { builtExecutable } from "../install/linux-machine.ts";
import { type Ended, start, withDocument } from "../support/agent.ts";
import { createTestCa, type TestCa } from "../support/certificates.ts";
import { type Booted, boot, type Container, inside, runIn, shell, stop, tryIn } from "./container.ts";
import { type GearsIn, startGearsIn } from "./gears-in.ts";
import { atScreen, logOff, logOn } from "./logon.ts";
import { connect, prepareTree } from "./setup.ts";

/** The gateway behind Apache httpd, set up by the blocks of its document, and members that have nothing but their domain. */

const controller = inject("controller");
const member = inject("sssdShort");
const other = inject("sssd");
const host = "linkuser.ad.corp.test";
const account = "MEMBER3$@AD.CORP.TEST";
const dist = resolve(import.meta.dirname, "../../../dist");

const made = new AsyncDisposableStack();
let machine: Booted;
let gears: GearsIn;
let ca: TestCa;

/** The blocks of a chapter of the gateway's document, with the names of this domain. */
function blocksOf(heading: string): readonly CodeBlock[] {
  const text = readFileSync(new URL("../../../docs/gateway.md", import.meta.url), "utf8");
  const chapter = text.split(/^## /m).find((one) => one.startsWith(heading)) ?? expect.fail(`no chapter ${heading}`);
  return codeBlocks(chapter.replaceAll("ad.example.com", "ad.corp.test").replaceAll("AD.EXAMPLE.COM", "AD.CORP.TEST"));
}

/** The answers of an administrator to the document's commands. */
const administrator = `apt() { :; }
adcli() { printf %s 'Adm1n-Pass-2026!' | command adcli "$@" --stdin-password; }
`;

beforeAll(async () => {
  ca = made.use(createTestCa());
  machine = await boot(prepareTree(), "linkuser");
  made.defer(() => stop(machine));
  connect(controller, machine);
  shell(machine, "rm --force /etc/krb5.conf; bash /opt/directory/machines/network.sh 21");
  for (const name of ["linkuser", "alias"]) {
    const record = ["samba-tool", "dns", "add", "dc1", "ad.corp.test", name, "A", "10.53.0.21"];
    runIn(controller, ...record, "--user=Administrator%Adm1n-Pass-2026!");
  }
  const tenant = ca.issue("DNS:localhost");
  shell(machine, "cat >/run/tenant.crt", tenant.cert);
  shell(machine, "cat >/run/tenant.key", tenant.key);
  gears = made.use(await startGearsIn(machine, ["7443", "/run/tenant.crt", "/run/tenant.key"]));
  installGateway();
  for (const one of [member, other]) {
    shell(one, "cat >/usr/local/share/ca-certificates/gateway.crt", readFileSync(ca.file, "utf8"));
    runIn(one, "update-ca-certificates");
  }
}, 300_000);
afterAll(() => made.disposeAsync());

function installGateway(): void {
  const packages = mkdtempSync(join(dist, "test-gateway-"));
  try {
    runIn(machine, "dpkg", "--install", makeGatewayPackage("deb", packages));
  } finally {
    rmSync(packages, { recursive: true });
  }
  const { clientId, clientSecret } = gears.keys;
  shell(machine, "umask 077; cat >/etc/linkuser-gateway/credential.json", JSON.stringify({ clientId, clientSecret }));
  shell(machine, "cat >/etc/linkuser-gateway/tenant-ca.pem", readFileSync(ca.file, "utf8"));
  const apache = ca.issue(`DNS:${host},DNS:alias.ad.corp.test`);
  shell(machine, "cat >/etc/apache2/linkuser.crt", apache.cert);
  shell(machine, "umask 077; cat >/etc/apache2/linkuser.key", apache.key);
  const settings = ["TENANT=localhost", "TENANT_PORT=7443", "TENANT_CA=/etc/linkuser-gateway/tenant-ca.pem"];
  const append = "cat >>/etc/linkuser-gateway/gateway.conf";
  shell(machine, append, `${[...settings, "LIMIT=1000", "PERIOD=1"].join("\n")}\n`);
  for (const { language, code } of blocksOf("Use machine accounts")) {
    if (language === "ini") shell(machine, append, code);
    if (language === "sh") shell(machine, `${administrator}${code}`);
  }
}

/** Settings of the document's block for endpoints, as flags. */
function flags(changed: Readonly<Record<string, string>> = {}): readonly string[] {
  const { code } = blocksOf("Use machine accounts").find(({ language }) => language === "json") ?? expect.fail("none");
  const { baseUrl, ...settings }: Record<string, string> = JSON.parse(code);
  const all = { "base-url": baseUrl, ...settings, identify: "hwid", deadline: "20s", ...changed };
  return Object.entries(all).map(([name, value]) => `--${name}=${value}`);
}

let runs = 0;

/** A run of the sources, without the memory of another one. */
function link(
  container: Container,
  more: readonly string[],
  { changed = {}, within = [] }: { changed?: Record<string, string>; within?: readonly string[] } = {},
): Promise<Ended> {
  runs += 1;
  const args = ["link", "--json", ...flags({ "state-dir": `/tmp/state-${runs}`, ...changed }), ...more];
  return start(args, { within: [...inside(container), ...within] }).ended;
}

/** The gateway's log of calls, the last one first. */
function lastCall(): Readonly<Record<string, unknown>> {
  const lines = runIn(machine, "journalctl", "--quiet", "--output=cat", "--unit=linkuser-gateway").split("\n");
  return JSON.parse(lines.findLast((line) => line.includes('"waited_ms"')) ?? expect.fail("no call"));
}

const carol = ["--user", "carol@ad.corp.test", "--group-fallback", "none"];
const linkCalls = () => gears.calls.filter(({ endpoint }) => endpoint === "link_user");

test("after the document's steps the check reports no fault", () => {
  const { status, stdout } = tryIn(machine, ["linkuser-gateway-check"]);
  expect(stdout).not.toMatch(/^(?:FAIL|warn)/m);
  expect(stdout).toContain("linkuser.keytab can be read only by root and the group www-data");
  expect(status).toBe(0);
  // No port but Apache's is open to others.
  const listening = shell(machine, "ss --no-header --listening --tcp --numeric | awk '{print $4}'").split("\n");
  expect(listening.filter((address) => address !== "" && !/^127\.|^\[::1\]/.test(address))).toEqual(["*:443"]);
});

describe("a member's service", () => {
  const executable = "/usr/local/bin/linkuser-agent";

  test("links at a logon, with nothing but the domain, baseUrl and auth", async () => {
    runIn(member, "install", builtExecutable, executable);
    runIn(member, executable, "install", ...flags());
    expect(tryIn(member, ["test", "-e", "/etc/linkuser-agent/credential.json"]).status).toBe(1);
    const session = await logOn(member, runIn(member, "id", "--user", "alice").trim(), atScreen);
    try {
      await expect.poll(linkCalls, { timeout: 60_000 }).toMatchObject([{ user: "alice", status: 200 }]);
    } finally {
      await logOff(member, session);
    }
    expect(lastCall()).toMatchObject({
      machine: account,
      address: "10.53.0.13",
      user: "alice",
      status: 200,
      result: 1,
    });
    expect(runIn(machine, "tail", "--lines=1", "/var/log/apache2/linkuser.log")).toMatch(
      /^10\.53\.0\.13 MEMBER3\$@AD\.CORP\.TEST "POST \/o\/api\/v2\/devices\/\w+\/link_user\?opt=1 HTTP\/1\.1" 200$/m,
    );
  });

  test("is what doctor, as root, logs on as, without a call", async () => {
    const before = gears.calls.length;
    const { document } = withDocument(
      await start(["doctor", "--json"], { within: inside(member), program: [executable] }).ended,
    );
    const checks = document["checks"] as { name: string; status: string; detail: string }[];
    const said = Object.fromEntries(checks.map(({ name, status, detail }) => [name, `${status} ${detail}`]));
    expect(said["credential"]).toBe("ok none needed: auth is negotiate, the gateway adds it");
    expect(said["connection"]).toMatch(/^ok /);
    expect(said["token"]).toMatch(/^ok .*; it accepts MEMBER3\$@AD\.CORP\.TEST and proved itself$/);
    expect(gears.calls.length).toBe(before);
  });
});

describe("a log-on is bound to the gateway's certificate", () => {
  const apache = "/etc/apache2/linkuser.crt";
  /** @param boundTo the certificate that the gateway wants a log-on to be bound to */
  const linkAt = async (port: string, boundTo: string): Promise<Ended> => {
    const server = ["/opt/directory/machines/bound.py", port, apache, "/etc/apache2/linkuser.key", boundTo];
    const keytab = "--setenv=KRB5_KTNAME=/etc/apache2/linkuser.keytab";
    runIn(machine, "systemd-run", "--quiet", keytab, "python3", ...server);
    const isListening = () => shell(machine, `ss --no-header --listening --tcp --numeric 'sport = :${port}'`);
    await expect.poll(isListening, { timeout: 20_000 }).not.toBe("");
    return await link(other, carol, { changed: { "base-url": `https://${host}:${port}` } });
  };

  test("and taken where that is the one", async () => {
    const { document } = withDocument(await linkAt("9443", apache));
    expect(document).toMatchObject({ outcome: "linked", message: "bound" });
  });

  test("and refused where another one is", async () => {
    const { document } = withDocument(await linkAt("9444", "/run/tenant.crt"));
    expect(document).toMatchObject({ error: { code: "token-refused" } });
  });
});

describe("who is refused", () => {
  const refused = async (run: Promise<Ended>, exitCode: number, code: string, words: RegExp): Promise<void> => {
    const before = linkCalls().length;
    const { document, exitCode: ended } = withDocument(await run);
    expect(document.message).toMatch(words);
    expect(document).toMatchObject({ error: { code } });
    expect(ended).toBe(exitCode);
    expect(linkCalls().length).toBe(before);
  };

  test("a machine that is no member: it has no account", async () => {
    shell(machine, "useradd --create-home eve");
    const words = /^This machine has no account to log on with: \/etc\/krb5\.keytab does not exist\..*realm join/;
    shell(machine, "cat >/run/ca.pem", readFileSync(ca.file, "utf8"));
    await refused(link(machine, ["--user", "eve", "--ca-file", "/run/ca.pem"]), 77, "credentials-missing", words);
  });

  test("a user of the domain, whose ticket is good", async () => {
    shell(controller, "samba-tool user create tina 'Us3r-Pass-2026!'");
    const as = [
      "runuser",
      "--user",
      "tina@ad.corp.test",
      "--",
      "env",
      "HOME=/tmp/tina",
      "KRB5CCNAME=FILE:/tmp/tina/cc",
    ];
    shell(other, "install --directory --owner=tina@ad.corp.test /tmp/tina");
    shell(other, `${as.join(" ")} kinit tina`, "Us3r-Pass-2026!\n");
    const words = /knows tina@AD\.CORP\.TEST, but does not let it link \(status 401\)\. .*machine accounts/;
    await refused(link(other, [], { within: as }), 77, "token-refused", words);
  });

  test("a service that the directory does not know", async () => {
    const words = /can't log on to HTTP\/alias\.ad\.corp\.test by Kerberos: .*setspn -S HTTP\/alias\.ad\.corp\.test/;
    await refused(
      link(other, carol, { changed: { "base-url": "https://alias.ad.corp.test" } }),
      77,
      "credentials-refused",
      words,
    );
  });

  test("nobody's header is believed", async () => {
    const url = `https://${host}/o/api/v2/devices/00:0c:29:f2:7a:29/link_user?opt=0`;
    const call = (negotiate: string, header: string): string =>
      shell(other, `curl --silent ${negotiate} --data '{"username":"mallory"}' --header '${header}' '${url}'`);
    expect(call("", `X-LinkUser-Machine: ${account}`)).toContain("Only machine accounts of AD.CORP.TEST may");
    shell(other, "kinit -k 'MEMBER2$'");
    try {
      expect(call("--negotiate --user :", `X-LinkUser-Machine: ${account}`)).toContain('"result":');
      expect(lastCall()).toMatchObject({ machine: "MEMBER2$@AD.CORP.TEST", user: "mallory" });
      await expect.poll(() => linkCalls().at(-1)).toMatchObject({ user: "mallory" });
      expect(call("--negotiate --user :", "Connection: X-LinkUser-Machine")).toContain(
        "machine accounts of the domain",
      );
    } finally {
      shell(other, "kdestroy");
    }
  });

  test("a disabled account", async () => {
    runIn(controller, "samba-tool", "user", "disable", "MEMBER2$");
    try {
      const words = /^The account MEMBER2\$@AD\.CORP\.TEST can't log on .*it is disabled: enable it/;
      await refused(link(other, carol), 77, "credentials-refused", words);
    } finally {
      runIn(controller, "samba-tool", "user", "enable", "MEMBER2$");
    }
  });

  test("BINDING=list, created from the journal: a member's device that belongs to another", async () => {
    for (const { language, code } of blocksOf("Keep a caller")) if (language === "sh") shell(machine, code);
    const { device } = linkCalls()[0] ?? expect.fail("no link");
    expect(runIn(machine, "cat", "/etc/linkuser-gateway/devices")).toContain(`${account} ${device}\n`);
    const same = shell(member, "cat /etc/machine-id");
    shell(other, "cat >/run/machine-id", same);
    const asMember = [
      "unshare",
      "--mount",
      "sh",
      "-c",
      'mount --bind /run/machine-id /etc/machine-id; exec "$@"',
      "sh",
    ];
    const stolen = link(other, carol, { within: asMember });
    await refused(stolen, 65, "request-refused", /by MEMBER2\$@AD\.CORP\.TEST \(status 403\): .*another device/);
    const own = withDocument(await link(member, ["--user", "alice"]));
    expect(own.document).toMatchObject({ outcome: "linked", device: { value: device } });
  });

  test("a KDC that does not answer: the run ends in time, and can be repeated", async () => {
    const kdc = (signal: string) => shell(controller, `pkill --signal ${signal} --full 'task.kdc'`);
    // The directory's client must know the user: it needs the KDC, too.
    runIn(other, "id", "carol@ad.corp.test");
    kdc("STOP");
    try {
      const changed = { "request-timeout": "10s", deadline: "15s" };
      const { document, exitCode, signal } = withDocument(await link(other, carol, { changed }));
      expect(document.message).toMatch(
        /got no Kerberos ticket for linkuser\.ad\.corp\.test within|annot contact any KDC/,
      );
      expect(document).toMatchObject({ outcome: "unreachable", error: { code: "not-connected" } });
      expect({ exitCode, signal }).toEqual({ exitCode: 69, signal: null });
    } finally {
      kdc("CONT");
    }
  });

  test("a gateway whose key is not the directory's any more", async () => {
    runIn(controller, "samba-tool", "user", "setpassword", "LINKUSER$", "--newpassword=0ther-Pass-2026!");
    const words =
      /refuses the log-on of MEMBER2\$@AD\.CORP\.TEST \(status 401: Key version is not available\)\..*current key of HTTP\/linkuser\.ad\.corp\.test/;
    await refused(link(other, carol), 77, "token-refused", words);
  });
});

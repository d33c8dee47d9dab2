import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { builtExecutable } from "../install/linux-machine.ts";
import { start, withDocument } from "../support/agent.ts";
import { createTestCa } from "../support/certificates.ts";
import { inside, runIn, shell, tryIn } from "./container.ts";
import { type GearsIn, startGearsIn } from "./gears-in.ts";
import { atScreen, logOff, logOn } from "./logon.ts";

/** Squid with its Negotiate and Basic helpers in the domain, and a member that reaches Gears through it alone. */

const controller = inject("controller");
const member = inject("sssd");
const account = "MEMBER2$@AD.CORP.TEST";
const executable = "/usr/local/bin/linkuser-agent";
const proxy = "http://proxy.ad.corp.test:3128";

const gearsAt = "gears.opswat.com:443";
const refused = `TCP_DENIED/407 ${gearsAt} -`;
const tunnelOf = (user: string): string => `TCP_TUNNEL/200 ${gearsAt} ${user}`;

let gears: GearsIn;
const made = new AsyncDisposableStack();

/** The lines of a proxy's access log: client, method, what was asked for, and the account. */
function accesses(name = "proxy"): readonly string[] {
  const lines = shell(controller, `cat /var/log/squid/${name}/access.log`).split("\n").filter(Boolean);
  return lines.map((line) => {
    const [, , , result, , , target, user] = line.split(/\s+/);
    return `${result} ${target} ${user}`;
  });
}

/** Squid logs a tunnel once it has ended. */
async function expectAccesses(expected: readonly string[], action: () => Promise<void>, name = "proxy"): Promise<void> {
  const before = accesses(name).length;
  await action();
  await expect.poll(() => accesses(name).slice(before), { timeout: 20_000 }).toEqual(expected);
}

interface Check {
  readonly name: string;
  readonly status: string;
  readonly detail: string;
  readonly advice?: string;
}

/**
 * `doctor`'s report of the connection.
 * @param before a command that runs the program
 * @param through the setting `proxy`
 */
async function connection(
  args: readonly string[] = [],
  before: readonly string[] = [],
  through = proxy,
): Promise<Check> {
  const within = [...inside(member), ...before];
  const run = start(["doctor", "--json", "--proxy", through, ...args], { within, program: [executable] });
  const checks = withDocument(await run.ended).document["checks"] as readonly Check[];
  const found = checks.find(({ name }) => name === "connection");
  if (found === undefined) throw new Error(`no such check: ${JSON.stringify(checks)}`);
  return found;
}

/** Has another file, or none, in a file's place. */
function inPlaceOf(path: string, other: string): Disposable {
  shell(member, `mv ${path} /root/kept; ${other === "" ? "" : `cp ${other} ${path}`}`);
  return { [Symbol.dispose]: () => void shell(member, `mv --force /root/kept ${path}`) };
}

/** Runs a command as a user of the domain, with that user's own ticket cache. */
function asUser(name: string, ...command: readonly string[]): readonly string[] {
  const user = `${name}@ad.corp.test`;
  const ids = [
    "--reuid",
    runIn(member, "id", "--user", user).trim(),
    "--regid",
    runIn(member, "id", "--group", user).trim(),
  ];
  return ["setpriv", ...ids, "--clear-groups", "env", "HOME=/tmp", `KRB5CCNAME=/tmp/tickets-${name}`, ...command];
}

function getTicket(name: string): void {
  const [first = "", ...rest] = [...inside(member), ...asUser(name, "kinit", `${name}@AD.CORP.TEST`)];
  execFileSync(first, rest, { input: "Us3r-Pass-2026!\n" });
}

beforeAll(async () => {
  const ca = made.use(createTestCa());
  const { cert, key } = ca.issue("DNS:gears.opswat.com");
  shell(controller, "cat > /root/gears.pem", cert);
  shell(controller, "cat > /root/gears.key", key);
  gears = made.use(await startGearsIn(controller, ["443", "/root/gears.pem", "/root/gears.key"]));
  shell(controller, "echo '127.0.0.1 gears.opswat.com' >>/etc/hosts");
  const ofProxy = ca.issue("DNS:proxy.ad.corp.test");
  shell(controller, "cat >/etc/squid/proxy.pem", `${ofProxy.cert}${ofProxy.key}`);
  for (const each of [
    ["proxy", "3128"],
    ["stale", "3129"],
    ["skewed", "3130", "/usr/bin/faketime", "-f", "+1h"],
  ]) {
    runIn(controller, "bash", "/opt/directory/machines/squid.sh", ...each);
  }
  runIn(controller, "samba-tool", "user", "setpassword", "svc-stale", "--newpassword=An0ther-Pass-2026!");
  runIn(controller, "samba-tool", "user", "setpassword", "alice", "--newpassword=Us3r-Pass-2026!");
  shell(member, "cat >/usr/local/share/ca-certificates/test.crt", execFileSync("cat", [ca.file], { encoding: "utf8" }));
  runIn(member, "update-ca-certificates");
  runIn(member, "install", builtExecutable, executable);
  // Earlier tests' links count against those of an hour.
  shell(member, "rm --recursive --force /etc/linkuser-agent /var/lib/linkuser-agent");
  const { clientId, clientSecret } = gears.keys;
  shell(member, "umask 077; cat >/root/credential.json", JSON.stringify({ clientId, clientSecret }));
  const now = ["--splay", "0s", "--identify", "hwid"];
  runIn(member, executable, "install", "--credential-from", "/root/credential.json", ...now);
});

afterAll(async () => {
  shell(member, `${executable} uninstall --purge; sed --in-place /other.test/d /etc/hosts`);
  shell(controller, "systemctl stop 'pac*' 'squid-*'; sed --in-place /gears.opswat.com/d /etc/hosts");
  await made.disposeAsync();
});

test("a service links through the proxy that the system names, with nothing else set", async () => {
  shell(member, `echo 'HTTPS_PROXY=${proxy}' >>/etc/environment`);
  const uid = runIn(member, "id", "--user", "alice@ad.corp.test").trim();
  try {
    await expectAccesses([refused, tunnelOf(account)], async () => {
      const session = await logOn(member, uid, atScreen);
      await expect.poll(() => gears.calls.map(({ endpoint }) => endpoint), { timeout: 60_000 }).toContain("link_user");
      await logOff(member, session);
    });
  } finally {
    shell(member, "sed --in-place /HTTPS_PROXY/d /etc/environment");
  }
});

describe("what doctor says of the connection", () => {
  test("root logs on as the machine, and a user by the tickets of the user's cache", async () => {
    await expectAccesses([refused, tunnelOf(account)], async () =>
      expect(await connection()).toMatchObject({
        status: "ok",
        detail: `gears.opswat.com answers; the proxy accepts the account ${account} (Negotiate)`,
      }),
    );
    getTicket("alice");
    await expectAccesses([refused, tunnelOf("alice@AD.CORP.TEST")], async () =>
      expect(await connection([], asUser("alice"))).toMatchObject({ status: "ok" }),
    );
  });

  test("a proxy that is reached by TLS lets the machine through, with the log-on bound to its certificate", async () => {
    await expectAccesses([refused, tunnelOf(account)], async () => {
      const { status, detail } = await connection([], [], "https://proxy.ad.corp.test:4128");
      expect([status, detail]).toEqual(["ok", expect.stringContaining(`accepts the account ${account}`)]);
    });
  });

  test("of a user's tickets for several accounts those that Kerberos chooses for the proxy are used", async () => {
    runIn(controller, "samba-tool", "user", "setpassword", "carol", "--newpassword=Us3r-Pass-2026!");
    const several = asUser("alice", "env", "HOME=/tmp/several", "KRB5CCNAME=DIR:/tmp/several");
    const chosen = "carol@AD.CORP.TEST";
    const script = `mkdir --mode=700 /tmp/several; echo '${chosen} service=HTTP' >/tmp/several/.k5identity
      for user in carol alice; do echo 'Us3r-Pass-2026!' | kinit $user@AD.CORP.TEST; done`;
    runIn(member, ...several, "sh", "-euc", script);
    await expectAccesses([refused, tunnelOf(chosen)], async () => {
      const { detail } = await connection([], several);
      expect(detail).toContain(`accepts the account ${chosen}`);
    });
  });

  test("a user name is sent where the credential file has one, and not where proxyAuth is negotiate", async () => {
    const { clientId, clientSecret } = gears.keys;
    const fields = { clientId, clientSecret, proxyUsername: "agent", proxyPassword: "planted-proxy-password" };
    shell(member, "umask 077; cat >/root/with-proxy.json", JSON.stringify(fields));
    using _ = inPlaceOf("/etc/linkuser-agent/credential.json", "/root/with-proxy.json");
    const isOk = async (...args: readonly string[]) => expect(await connection(args)).toMatchObject({ status: "ok" });
    await expectAccesses([tunnelOf("agent")], () => isOk());
    await expectAccesses([refused, tunnelOf(account)], () => isOk("--proxy-auth", "negotiate"));
  });

  test.each([
    ["none", /wants Negotiate or Basic \(status 407\), but proxyAuth is none/],
    ["ntlm", /proxyAuth is ntlm, which linkuser-agent supports only on Windows/],
    ["basic", /Put proxyUsername and proxyPassword into the credential file/],
  ])("proxyAuth %s sends no ticket", async (mode, detail) => {
    await expectAccesses([refused], async () =>
      expect(await connection(["--proxy-auth", mode])).toMatchObject({
        status: "fail",
        detail: expect.stringMatching(detail),
      }),
    );
  });

  test("a proxy that a PAC script over http: names gets no ticket", async () => {
    shell(
      controller,
      "mkdir --parents /srv/pac; echo 'function FindProxyForURL() { return \"PROXY proxy.ad.corp.test:3128\"; }' >/srv/pac/proxy.pac",
    );
    shell(controller, "systemd-run --quiet --collect --unit=pac python3 -m http.server --directory=/srv/pac 8000");
    const pac = "http://dc1.ad.corp.test:8000/proxy.pac";
    await expect.poll(() => shell(member, `curl --silent ${pac} || true`), { timeout: 20_000 }).toContain("PROXY");
    const before = accesses().length;
    // A script that took too long is not obeyed.
    const detail = async (): Promise<string> => (await connection(["--pac-url", pac], [], "auto")).detail;
    await expect.poll(detail, { timeout: 60_000 }).toMatch(/PAC script over http:/);
    expect(new Set(accesses().slice(before))).toEqual(new Set([refused]));
  });

  test.each([
    ["whose key the directory changed", "stale", "3129"],
    ["whose clock is an hour off", "skewed", "3130"],
  ])("a proxy %s refuses the ticket, once", async (_, name, port) => {
    const isRefused = async (): Promise<void> => {
      const { status, detail } = await connection([], [], `http://${name}.ad.corp.test:${port}`);
      expect(status).toBe("fail");
      expect(detail).toMatch(
        /^The proxy \S+ refuses the account MEMBER2\$@AD\.CORP\.TEST by Negotiate \(status 407\)\..*the current key of HTTP\/\S+, and that the clocks agree/,
      );
    };
    await expectAccesses([refused, refused], isRefused, name);
  });

  test("a proxy without an SPN: the command that registers it", async () => {
    shell(member, "echo '10.53.0.1 nospn.ad.corp.test proxy.other.test' >>/etc/hosts");
    const { detail } = await connection([], [], "http://nospn.ad.corp.test:3128");
    expect(detail).toMatch(
      /^The proxy nospn\S+ wants Negotiate \(status 407\)\. The account MEMBER2\$@AD\.CORP\.TEST can't log on to HTTP\/nospn\.ad\.corp\.test by Kerberos: Server not found in Kerberos database\. .*setspn -S HTTP\/nospn\.ad\.corp\.test/,
    );
  });

  test("a proxy of a realm that the domain does not know", async () => {
    const { detail } = await connection([], [], "http://proxy.other.test:3128");
    expect(detail).toMatch(
      /can't log on to HTTP\/proxy\.other\.test by Kerberos: .*setspn -S HTTP\/proxy\.other\.test/,
    );
  });

  test("a machine without a keytab, and one whose key is not the account's", async () => {
    {
      using _ = inPlaceOf("/etc/krb5.keytab", "");
      expect((await connection()).detail).toMatch(/\/etc\/krb5\.keytab does not exist\. .*net ads keytab create/);
    }
    const add = `addent -password -p ${account} -k 9 -e aes256-cts-hmac-sha1-96`;
    shell(member, `rm --force /root/wrong.keytab; printf '${add}\nwrong\nwkt /root/wrong.keytab\n' | ktutil`);
    using _ = inPlaceOf("/etc/krb5.keytab", "/root/wrong.keytab");
    expect((await connection()).detail).toMatch(/can't log on.*MEMBER2|MEMBER2.*can't log on/);
    expect((await connection()).detail).toMatch(/adcli update/);
  });

  test("a user without a ticket, and one whose ticket has expired", async () => {
    expect((await connection([], asUser("carol"))).detail).toMatch(/This user can't log on.*kinit/);
    getTicket("alice");
    const { detail } = await connection([], asUser("alice", "faketime", "-f", "+3d"));
    expect(detail).toMatch(/expired.*kinit/i);
  });

  test("a member whose clock is an hour ahead takes the domain's time for its ticket", async () => {
    await expectAccesses([refused, tunnelOf(account)], async () =>
      expect(await connection([], ["faketime", "-f", "+1h"])).toMatchObject({ status: "ok" }),
    );
  });

  test("a KDC that does not answer, in whose time a signal ends a run", async () => {
    shell(member, "ip neighbour replace 10.53.0.99 lladdr 02:00:00:00:00:99 dev eth0 nud permanent");
    shell(
      member,
      `cat >/tmp/silent.conf`,
      "[libdefaults]\ndefault_realm = AD.CORP.TEST\n[realms]\nAD.CORP.TEST = {\nkdc = 10.53.0.99\n}\n",
    );
    const silent = ["SSSD_KRB5_LOCATOR_DISABLE=1", "KRB5_CONFIG=/tmp/silent.conf"];
    const { detail } = await connection([], ["env", ...silent]);
    expect(detail).toMatch(/KDC|domain controller/);
    // The time limit's own end has another status than its SIGKILL.
    const limited = ["timeout", "--kill-after=60", "5", "env", ...silent, executable];
    expect(tryIn(member, [...limited, "--user", "bob", "--no-splay", "--proxy", proxy]).status).toBe(124);
  });
});

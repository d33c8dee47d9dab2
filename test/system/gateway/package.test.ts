import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeGatewayPackage } from "../../../installer/packages.ts";
import { product } from "../../../installer/product.ts";
import { type Booted, boot, inside, runIn, stop, tryIn } from "../directory/container.ts";
import { createTestCa, type TestCa } from "../support/certificates.ts";
import { alice, linkUser } from "./gateway.ts";

/** The package in booted Debian 12 (HAProxy 2.6) and 13 (3.0), beside an HAProxy that has other work. */

const folder = "/etc/linkuser-gateway";
const check = "linkuser-gateway-check";
const dist = resolve(import.meta.dirname, "../../../dist");

let packages: string;
/** The package, and the same of a later version. */
let deb: string;
let later: string;

beforeAll(() => {
  if (process.geteuid?.() !== 0) throw new Error("the gateway's package is tried in containers: run this as root");
  // Below the repository, which the container sees.
  mkdirSync(dist, { recursive: true });
  packages = mkdtempSync(join(dist, "test-gateway-"));
  deb = makeGatewayPackage("deb", packages);
  later = makeGatewayPackage("deb", packages, `${product.version}+later`);
});
afterAll(() => rmSync(packages, { recursive: true }));

test("lintian finds nothing", () => {
  expect(execFileSync("lintian", ["--allow-root", "--fail-on=none", deb], { encoding: "utf8" })).toBe("");
});

test("the rpm has the same files, for every architecture", () => {
  const rpm = makeGatewayPackage("rpm", packages);
  const query = (...args: string[]) =>
    execFileSync("rpm", ["--query", ...args, "--package", rpm], { encoding: "utf8" });
  expect(query("--queryformat", "%{NAME} %{ARCH}")).toBe("linkuser-gateway noarch");
  expect(query("--requires")).toMatch(/^haproxy >= 2\.6$/m);
  expect(query("--configfiles").trim()).toBe(`${folder}/gateway.conf`);
  const inDeb = execFileSync("dpkg-deb", ["--contents", deb], { encoding: "utf8" });
  for (const file of query("--list")
    .trim()
    .split("\n")
    .filter((path) => path !== folder)) {
    if (!file.endsWith("credential.json")) expect(inDeb).toContain(`.${file}`);
  }
});

describe.each([
  ["bookworm", "2.6"],
  ["trixie", "3.0"],
])("on %s with HAProxy %s", (release, version) => {
  let container: Booted;
  let ca: TestCa;
  const run = (...command: string[]) => runIn(container, ...command);
  const shell = (script: string, input = "") => {
    const [enter = "", ...rest] = inside(container);
    return execFileSync(enter, [...rest, "sh", "-euc", script], { input, encoding: "utf8" });
  };
  const journal = () => run("journalctl", "--quiet", "--output=cat", "--unit=linkuser-gateway");
  const faults = () =>
    tryIn(container, [check])
      .stdout.split("\n")
      .filter((line) => line.startsWith("FAIL"));
  const put = (name: string, text: string, mode = "600") => {
    shell(`cat >${folder}/${name}; chmod ${mode} ${folder}/${name}`, text);
  };

  beforeAll(async () => {
    const tree = execFileSync(join(import.meta.dirname, "prepare.sh"), [release], { encoding: "utf8" }).trim();
    container = await boot(tree, `gateway-${release}`);
    ca = createTestCa();
  });
  afterAll(async () => {
    ca?.[Symbol.dispose]();
    if (container !== undefined) await stop(container);
  });

  test("it installs beside an HAProxy with other work", () => {
    expect(run("haproxy", "-v")).toContain(`version ${version}`);
    shell(
      "cat >/etc/haproxy/haproxy.cfg",
      "frontend other\n  mode http\n  timeout client 5s\n  bind 127.0.0.1:8080\n  http-request return status 200\n",
    );
    run("systemctl", "start", "haproxy");
    shell("echo 127.0.0.1 localhost >/etc/hosts");
    run("dpkg", "--install", deb);
    // Nothing starts before it is set up.
    expect(tryIn(container, ["systemctl", "is-active", "linkuser-gateway"]).stdout.trim()).toBe("inactive");
  });

  test("the check names all that is missing, with what to do", () => {
    const { status, stdout } = tryIn(container, [check]);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^FAIL {2}\/etc\/linkuser-gateway\/credential\.json is missing\n {6}Create it: /m);
    expect(stdout).toMatch(/^FAIL {2}\/etc\/linkuser-gateway\/server\.crt is missing\n {6}Issue one /m);
    expect(stdout).toMatch(/^FAIL {2}\/etc\/linkuser-gateway\/device-ca\.pem is missing\n {6}Put /m);
    expect(stdout).toMatch(/^FAIL {2}the tenant's name gears\.opswat\.com can't be resolved\n {6}Check TENANT /m);
    expect(stdout).toMatch(/^FAIL {2}the service is not running\n {6}Run systemctl enable --now linkuser-gateway/m);
  });

  test("the document's steps lead from the credential and the CA to a token", () => {
    // A tenant inside, which has a token for anybody and links anything.
    const server = ca.issue("DNS:localhost");
    shell("cat >/run/tenant.pem", server.cert + server.key);
    shell(
      "cat >/run/tenant.cfg; haproxy -D -f /run/tenant.cfg",
      [
        "defaults",
        "  mode http",
        "  timeout client 5s",
        "frontend tenant",
        "  bind 127.0.0.1:7443 ssl crt /run/tenant.pem",
        `  http-request return status 200 content-type application/json string '{"access_token":"token-0123456789abcdef","expires_in":3600}' if { path /o/oauth/token }`,
        `  http-request return status 200 content-type application/json string '{"result":1,"msg":"OK"}'`,
        "",
      ].join("\n"),
    );
    put("credential.json", '{"clientId": "key", "clientSecret": "secret-0123456789"}');
    put("device-ca.pem", readFileSync(ca.file, "utf8"), "644");
    shell(
      `cd ${folder}; openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout server.key -out server.crt \
        -days 397 -subj /CN=localhost -addext subjectAltName=DNS:localhost 2>/dev/null`,
    );
    put("tenant-ca.pem", readFileSync(ca.file, "utf8"), "644");
    shell(`cat >>${folder}/gateway.conf`, `TENANT=localhost\nTENANT_PORT=7443\nTENANT_CA=${folder}/tenant-ca.pem\n`);
    run("systemctl", "enable", "--now", "linkuser-gateway");
    const { status, stdout } = tryIn(container, [check]);
    expect(stdout).not.toContain("FAIL");
    expect(stdout).toMatch(/^ok {4}token: got at /m);
    expect(status).toBe(0);
  });

  test("a machine account that Apache's group names is linked, and in the journal", async () => {
    shell(`cp -a ${folder} /run/kept; echo APACHE_GROUP=nogroup >>${folder}/gateway.conf`);
    try {
      run("systemctl", "restart", "linkuser-gateway");
      const socket = "/run/linkuser-gateway/apache.sock";
      expect(run("stat", "--format=%G %a", socket).trim()).toBe("nogroup 660");
      const header = "X-LinkUser-Machine: LAPTOP-17$@AD.EXAMPLE.COM";
      const call = ["curl", "--silent", "--unix-socket", socket, "--header", header, "--data", alice];
      expect(run(...call, `http://linkuser-gateway${linkUser()}`)).toBe('{"result":1,"msg":"OK"}');
      await expect.poll(journal).toMatch(/"machine":"LAPTOP-17\$@AD\.EXAMPLE\.COM",.*"status":200,"result":1,/);
    } finally {
      shell(`rm -r ${folder}; mv /run/kept ${folder}; systemctl restart linkuser-gateway`);
    }
  });

  const call = (): string => {
    const device = ca.issue("DNS:device-17", 1, { commonName: "device-17" });
    shell("cat >/run/device.pem", device.cert + device.key);
    const url = `https://localhost:8443${linkUser()}`;
    return run(
      "curl",
      "--silent",
      "--cacert",
      `${folder}/server.crt`,
      "--cert",
      "/run/device.pem",
      "--data",
      alice,
      url,
    );
  };

  test("a device is linked, the other HAProxy serves on, and the journal has the call", async () => {
    expect(call()).toBe('{"result":1,"msg":"OK"}');
    expect(
      run("curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}", "http://127.0.0.1:8080/"),
    ).toBe("200");
    await expect.poll(journal).toMatch(/"machine":"device-17",.*"user":"alice","status":200,"result":1,/);
    expect(journal()).not.toMatch(/secret-0123456789|token-0123456789abcdef/);
  });

  test("it runs as its own user, without rights, and leaves no core dump", () => {
    const main = run("systemctl", "show", "--property=MainPID", "--value", "linkuser-gateway").trim();
    const [worker] = run("cat", `/proc/${main}/task/${main}/children`).trim().split(" ");
    const state = run("cat", `/proc/${worker}/status`);
    const uid = run("id", "--user", "linkuser-gateway").trim();
    expect(state).toMatch(new RegExp(`^Uid:\\s+${uid}\\s+${uid}\\s+${uid}`, "m"));
    expect(state).toMatch(/^CapEff:\s+0+$/m);
    expect(run("cat", `/proc/${worker}/limits`)).toMatch(/^Max core file size\s+0\s+0/m);
    expect(run("cat", `/proc/${worker}/environ`)).not.toContain("secret-0123456789");
    expect(tryIn(container, ["setpriv", "--reuid", uid, "cat", `${folder}/credential.json`]).status).not.toBe(0);
    const last = run("systemd-analyze", "--no-pager", "security", "linkuser-gateway").trim().split("\n").at(-1) ?? "";
    expect(Number(/: ([\d.]+) /.exec(last)?.[1])).toBeLessThanOrEqual(4);
  });

  test("every metric of the dashboard is there", () => {
    const metrics = ["/metrics", "/metrics/linkuser"]
      .map((path) => run("curl", "--silent", `http://127.0.0.1:9404${path}`))
      .join("\n");
    const dashboard = run("cat", "/usr/share/linkuser-gateway/dashboard.json");
    const names = [...new Set(dashboard.match(/\b(?:linkuser_gateway|haproxy)_\w+/g))];
    expect(names.length).toBeGreaterThan(8);
    // A place is counted when a caller has to come again.
    for (const name of names.filter((one) => !one.includes("places_total"))) expect(metrics).toContain(`\n${name}`);
  });

  test.each<[string, RegExp, () => void]>([
    ["a misspelt setting", /there is no setting LISTN/, () => shell(`echo LISTN=:1 >>${folder}/gateway.conf`)],
    [
      "a key that others may read",
      /users other than root may read or write .*server\.key/,
      () => shell(`chmod 644 ${folder}/server.key`),
    ],
    [
      "a list of devices that others may change",
      /users other than root may change .*\/devices/,
      () => shell(`touch ${folder}/devices; chmod 646 ${folder}/devices`),
    ],
    [
      "settings of another user",
      /users other than root may change .*\/gateway\.conf/,
      () => shell(`chown nobody ${folder}/gateway.conf`),
    ],
    [
      "a CA's certificate that another group may change",
      /users other than root may change .*\/device-ca\.pem/,
      () => shell(`chgrp nogroup ${folder}/device-ca.pem; chmod g+w ${folder}/device-ca.pem`),
    ],
    [
      "a link to a file that others may change",
      /users other than root may change .*\/tenant-ca\.pem/,
      () => shell(`cd ${folder}; cp tenant-ca.pem /run/; chmod 666 /run/tenant-ca.pem; ln -sf /run/tenant-ca.pem .`),
    ],
    [
      "a folder in which others may replace files",
      /users other than root may change \/etc\/linkuser-gateway$/m,
      () => shell(`chmod 777 ${folder}`),
    ],
    [
      "a device's certificate as the CA's",
      /device-ca\.pem is not a CA certificate/,
      () => put("device-ca.pem", ca.issue("DNS:x").cert),
    ],
    [
      "a key of another certificate",
      /server\.key is not the key of server\.crt/,
      () => put("server.key", ca.issue("DNS:x").key),
    ],
    [
      "a certificate without names",
      /has no subjectAltName/,
      () => shell(`cd ${folder}; openssl req -x509 -key server.key -out server.crt -subj /CN=localhost -days 99`),
    ],
    ["an expired certificate", /server\.crt expired on/, () => put("server.crt", ca.issue("DNS:localhost", -1).cert)],
    [
      "a credential without a secret",
      /HAProxy refuses the configuration/,
      () => put("credential.json", '{"clientId":"key"}'),
    ],
    [
      "a list of revoked certificates that is none",
      /CRL: .* is not a list/,
      () => shell(`echo CRL=${folder}/server.crt >>${folder}/gateway.conf`),
    ],
    [
      "a limit that is no number",
      /HAProxy refuses the configuration/,
      () => shell(`echo LIMIT=many >>${folder}/gateway.conf`),
    ],
    [
      "a setting that was changed after the start",
      /gateway\.conf: LIMIT BINDING changed after the service had started/,
      () => shell(`printf 'LIMIT=8\\nBINDING="list"\\n' >>${folder}/gateway.conf; touch ${folder}/devices`),
    ],
    [
      "a tenant that does not answer",
      /localhost:1 can't be reached/,
      () => shell(`echo TENANT_PORT=1 >>${folder}/gateway.conf`),
    ],
    [
      "a tenant by another CA",
      /can't be reached/,
      () => put("tenant-ca.pem", readFileSync(`${packages}/../../package.json`, "utf8")),
    ],
  ])("the check finds %s", (_, fault, harm) => {
    shell(`cp -a ${folder} /run/kept`);
    try {
      harm();
      expect(faults().join("\n")).toMatch(fault);
    } finally {
      shell(`rm -r ${folder}; mv /run/kept ${folder}`);
    }
    expect(faults()).toEqual([]);
  });

  test("an upgrade reloads it and keeps the settings; a reload that would break is refused", () => {
    const main = () => run("systemctl", "show", "--property=MainPID", "--value", "linkuser-gateway").trim();
    const before = main();
    run("dpkg", "--install", later);
    expect(main()).toBe(before);
    expect(faults()).toEqual([]);
    shell(`mv ${folder}/credential.json /run/`);
    expect(tryIn(container, ["systemctl", "reload", "linkuser-gateway"]).status).not.toBe(0);
    expect(call()).toContain('"result"');
    shell(`mv /run/credential.json ${folder}/`);
  });

  test("removed, it is stopped and keeps the administrator's files; purged, the credential is gone", () => {
    run("dpkg", "--remove", "linkuser-gateway");
    expect(tryIn(container, ["systemctl", "is-active", "linkuser-gateway"]).stdout.trim()).not.toBe("active");
    expect(run("ls", folder)).toContain("credential.json");
    run("dpkg", "--purge", "linkuser-gateway");
    expect(run("ls", folder)).not.toMatch(/credential\.json|gateway\.conf/);
    expect(run("systemctl", "is-active", "haproxy").trim()).toBe("active");
  });
});

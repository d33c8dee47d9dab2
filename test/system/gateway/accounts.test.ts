import { execFileSync } from "node:child_process";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createTestCa, type TestCa } from "../support/certificates.ts";
import { type GatewayOptions, linkUser, startWithGears } from "./gateway.ts";

/** Callers whose machine account Apache httpd has authenticated, and their devices. */

let ca: TestCa;
beforeAll(() => {
  ca = createTestCa();
});
afterAll(() => ca[Symbol.dispose]());

const group = execFileSync("id", ["--group", "--name"], { encoding: "utf8" }).trim();
const laptop = { "x-linkuser-machine": "LAPTOP-17$@AD.CORP.TEST", "x-forwarded-for": "198.51.100.1, 192.0.2.17" };

let made: AsyncDisposableStack;
async function start({ settings = {}, ...options }: GatewayOptions = {}) {
  made = new AsyncDisposableStack();
  const ownSettings = { APACHE_GROUP: group, LIMIT: "1000", PERIOD: "1", ...settings };
  return await startWithGears(made, ca, { settings: ownSettings, ...options });
}
afterEach(() => made.disposeAsync());

test("a machine account links, and the journal has it with the address that Apache httpd saw", async () => {
  const { gears, gateway } = await start();
  expect(await gateway.sendAsApache(laptop)).toMatchObject({ status: 200, body: '{"result":1,"msg":"OK"}' });
  expect(gears.callsOf("link_user")).toMatchObject([{ status: 200, user: "alice" }]);
  await expect
    .poll(() => gateway.calls())
    .toMatchObject([
      { machine: "LAPTOP-17$@AD.CORP.TEST", address: "192.0.2.17", serial: "-", status: 200, result: 1 },
    ]);
});

test.each([
  ["a user", { "x-linkuser-machine": "alice@AD.CORP.TEST" }],
  ["a service", { "x-linkuser-machine": "HTTP/web$@AD.CORP.TEST" }],
  ["a name without a realm", { "x-linkuser-machine": "LAPTOP-17$" }],
  ["nobody", {}],
])("%s is no machine account", async (_, headers) => {
  const { gears, gateway } = await start();
  expect(await gateway.sendAsApache(headers)).toMatchObject({
    status: 403,
    body: expect.stringContaining("only machine accounts of the domain"),
  });
  expect(gears.callsOf("link_user")).toEqual([]);
});

test("at the port for certificates the header is ignored", async () => {
  const { gears, gateway } = await start();
  expect(await gateway.send(undefined, { headers: laptop })).toMatchObject({ status: 401 });
  const device = ca.issue("DNS:device", 1, { commonName: "device" });
  expect(await gateway.send(device, { headers: laptop })).toMatchObject({ status: 200 });
  await expect
    .poll(() => gateway.calls().map(({ machine, address }) => [machine, address]))
    .toEqual([
      ["-", "127.0.0.1"],
      ["device", "127.0.0.1"],
    ]);
  expect(gears.callsOf("link_user")).toHaveLength(1);
});

test("an account has as many places and calls as a certificate has, in any spelling", async () => {
  const { gateway } = await start({ settings: { CALLS_PER_CERTIFICATE: "3" } });
  const names = ["LAPTOP-17$@AD.CORP.TEST", "laptop-17$@AD.CORP.TEST", "Laptop-17$@ad.corp.test"];
  for (const name of names) {
    expect(await gateway.sendAsApache({ "x-linkuser-machine": name })).toMatchObject({ status: 200 });
  }
  expect(await gateway.sendAsApache(laptop)).toMatchObject({ status: 429, headers: { "retry-after": "10" } });
  expect(await gateway.sendAsApache({ "x-linkuser-machine": "OTHER$@AD.CORP.TEST" })).toMatchObject({ status: 200 });
});

test("LISTEN=none: only Apache httpd serves endpoints, and no certificate is needed", async () => {
  const { gateway } = await start({
    settings: { LISTEN: "none" },
    without: ["server.crt", "server.key", "device-ca.pem"],
  });
  expect(await gateway.sendAsApache(laptop)).toMatchObject({ status: 200 });
  await expect(gateway.send(ca.issue("DNS:device"))).rejects.toThrow("ECONNREFUSED");
});

test("BINDING=list: each caller links the devices that the list has for it, and no other", async () => {
  const devices = [
    "# from the journal",
    "laptop-17$@AD.CORP.TEST 00:0C:29:F2:7A:29 1DC0AAAA292CE801F5379042D68BB6CB",
    "",
    "LAPTOP-17$@AD.CORP.TEST 00-0c-29-f2-7a-30 # its dock",
    "device-17 00:0c:29:f2:7a:31",
  ].join("\n");
  const { gears, gateway } = await start({ settings: { BINDING: "list" }, files: { devices } });
  const byAccount = (target: string) => gateway.sendAsApache(laptop, { target });
  const own = [linkUser(), linkUser("00:0c:29:f2:7a:30"), linkUser("1dc0aaaa292ce801f5379042d68bb6cb", 1)];
  for (const target of own) expect(await byAccount(target)).toMatchObject({ status: 200 });
  const device = ca.issue("DNS:device", 1, { commonName: "device-17" });
  expect(await gateway.send(device, { target: linkUser("00:0c:29:f2:7a:31") })).toMatchObject({ status: 200 });
  const before = gears.calls.length;
  const refused = { status: 403, body: expect.stringContaining("is for another device") };
  for (const target of [linkUser("00:0c:29:f2:7a:31"), linkUser("000c29f27a2"), linkUser("-:", 1)]) {
    expect(await byAccount(target)).toMatchObject(refused);
  }
  expect(await gateway.send(device)).toMatchObject(refused);
  expect(await gateway.sendAsApache({ "x-linkuser-machine": "OTHER$@AD.CORP.TEST" })).toMatchObject(refused);
  expect(gears.calls.length).toBe(before);
});

test("BINDING=list: a name that the journal escapes is taken as the journal has it", async () => {
  // In UTF-8, as Apache httpd sends it: Node encodes header lines and a text that follows them alike.
  const caller = { "x-linkuser-machine": "BÜRO-17$@AD.CORP.TEST" };
  const devices = "B\\u00dcRO-17$@AD.CORP.TEST 00:0C:29:F2:7A:29\n";
  const { gateway } = await start({ settings: { BINDING: "list" }, files: { devices } });
  expect(await gateway.sendAsApache(caller)).toMatchObject({ status: 200 });
  await expect.poll(() => gateway.calls()).toMatchObject([{ machine: "BÜRO-17$@AD.CORP.TEST" }]);
});

test.each<[string, GatewayOptions, RegExp]>([
  ["no list", { settings: { BINDING: "list" } }, /devices: No such file or directory: BINDING=list needs it/],
  [
    "a line without a device",
    { settings: { BINDING: "list" }, files: { devices: "laptop-17$@AD.CORP.TEST\n" } },
    /lists no device for laptop-17\$@AD\.CORP\.TEST/,
  ],
  [
    "BINDING=cn",
    { settings: { BINDING: "cn" } },
    /BINDING is cn, but no machine account is a device's name: set it to list/,
  ],
])("%s starts nothing", async (_, options, words) => {
  await expect(start(options)).rejects.toThrow(words);
});

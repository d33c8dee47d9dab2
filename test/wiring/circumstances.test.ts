import { mkdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createLinuxPlatform } from "../../agent/platform/linux/platform.ts";
import type { Platform } from "../../agent/platform/port.ts";
import { resolveSettings } from "../../agent/settings/layers.ts";
import { circumstancesOf, networksOf } from "../../agent/wiring/circumstances.ts";
import { fakePlatform } from "../fakes/platform.ts";
import { makeRoot } from "../platform/linux/tree.ts";

function circumstances(
  values: Record<string, unknown>,
  environment: Record<string, string> = {},
  others: Partial<Platform> = {},
): string {
  const resolved = resolveSettings([{ kind: "file", location: undefined, values }]);
  return circumstancesOf({ platform: fakePlatform({ others }), environment }, resolved);
}

test("they differ by settings, by the credential file's identity and by the credential's source", () => {
  const credentialFile = join(makeRoot(), "credential.json");
  writeFileSync(credentialFile, "a secret");
  const before = circumstances({ credentialFile });
  expect(circumstances({ credentialFile })).toBe(before);
  expect(circumstances({ credentialFile, baseUrl: "https://gears-beta.opswat.com" })).not.toBe(before);
  expect(circumstances({ credentialFile }, { LINKUSER_CLIENT_SECRET: "x" })).not.toBe(before);
  utimesSync(credentialFile, 1, 1);
  expect(circumstances({ credentialFile })).not.toBe(before);
});

test("they differ by the machine's keys, which a member gets with its account", () => {
  const root = makeRoot({ "etc/krb5.keytab": "old" });
  const { systemFiles = [] } = createLinuxPlatform({ root });
  const before = circumstances({}, {}, { systemFiles });
  writeFileSync(join(root, "etc/krb5.keytab"), "renewed");
  expect(circumstances({}, {}, { systemFiles })).not.toBe(before);
});

test("a unit's copy of the credential, which is new at each start, counts as the original", () => {
  const root = makeRoot({ "etc/linkuser-agent/credential.json": "the original" });
  const started = (unit: string): string => {
    const folder = join(root, "run/credentials", unit);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "credential.json"), "the original");
    const environment = { CREDENTIALS_DIRECTORY: folder };
    return circumstancesOf({ platform: createLinuxPlatform({ root, environment }), environment }, resolveSettings([]));
  };
  const before = started("linkuser-agent@1.service");
  expect(started("linkuser-agent@2.service")).toBe(before);
  writeFileSync(join(root, "etc/linkuser-agent/credential.json"), "another");
  expect(started("linkuser-agent@3.service")).not.toBe(before);
});

test("they differ by the proxy's address, without its user name and password", () => {
  const root = makeRoot();
  const [pacFile, systemFile] = ["proxy.pac", "environment"].map((name) => join(root, name)) as [string, string];
  const settings = { pacFile };
  const others = { systemFiles: [systemFile] };
  const before = circumstances(settings, {}, others);
  for (const file of [pacFile, systemFile]) {
    writeFileSync(file, "");
    expect(circumstances(settings, {}, others)).not.toBe(before);
    rmSync(file);
    expect(circumstances(settings, {}, others)).toBe(before);
  }
  const by = (value: string) => circumstances({}, { HTTPS_PROXY: value });
  expect(by("http://a:3128")).not.toBe(by("http://b:3128"));
  expect(by("http://u:one@a:3128")).toBe(by("http://u:two@a:3128"));
});

test("they contain nothing of a secret that guesses could be tested against", () => {
  const credentialFile = join(makeRoot(), "credential.json");
  const seen = ["one secret", "two secret"].map((secret) => {
    writeFileSync(credentialFile, secret);
    utimesSync(credentialFile, 1, 1);
    return circumstances({ credentialFile }, { LINKUSER_CLIENT_SECRET: secret });
  });
  expect(statSync(credentialFile).size).toBe(10);
  expect(seen[0]).toBe(seen[1]);
});

test.each([
  ["192.0.2.7", "192.0.2"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
  ["2001:db8::5", "2001:db8:0:0"],
  ["2001:db8:1:2:3::6", "2001:db8:1:2"],
])("the network of %s is %s", (address, network) => {
  expect(networksOf([address])).toEqual([network]);
});

test.each<[string, readonly string[]]>([
  ["another temporary address", ["192.0.2.7", "2001:db8:1:2::7", "2001:db8:1:2:a:b:c:d"]],
  ["the other order", ["2001:db8:1:2::7", "192.0.2.7"]],
  ["a container's interface with addresses of its link alone", ["192.0.2.7", "2001:db8:1:2::7", "fe80::1", "febf::1"]],
  ["a link without a DHCP server", ["192.0.2.7", "2001:db8:1:2::7", "169.254.7.7"]],
])("the networks stay the same with %s", (_, addresses) => {
  expect(networksOf(addresses)).toEqual(networksOf(["192.0.2.7", "2001:db8:1:2::7"]));
});

import { chmodSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parsePamEnvironment, readSystemProxy } from "../../../agent/platform/linux/system-proxy.ts";
import { makeRoot, type Tree } from "./tree.ts";

const gears = new URL("https://gears.opswat.com");
const trust = { uid: process.geteuid?.() ?? 0, credentialsFolder: undefined };

function read(tree: Tree, mode = 0o644) {
  const root = makeRoot(tree);
  for (const path of Object.keys(tree)) chmodSync(join(root, path), mode);
  const reading = readSystemProxy(root, trust, gears);
  return { ...reading, origin: reading.origin.replace(root, "") };
}

const proxy = (origin: string) => [{ origin, login: undefined, discovered: false }];

test.each<[string, Tree, unknown, string]>([
  [
    "pam_env's",
    { "etc/environment": 'PATH="/usr/bin"\n# a note\nhttps_proxy="http://proxy:3128"\n' },
    proxy("http://proxy:3128"),
    "/etc/environment: HTTPS_PROXY",
  ],
  [
    "an exception",
    { "etc/environment": "HTTPS_PROXY=http://proxy:3128\nNO_PROXY=localhost,.opswat.com\n" },
    ["direct"],
    "/etc/environment: NO_PROXY has .opswat.com",
  ],
  [
    "SUSE's, where the other file has none",
    { "etc/environment": "LANG=C\n", "etc/sysconfig/proxy": 'PROXY_ENABLED="yes"\nHTTPS_PROXY="http://suse:8080/"\n' },
    proxy("http://suse:8080"),
    "/etc/sysconfig/proxy: HTTPS_PROXY",
  ],
])("finds %s", (_, tree, routes, origin) => {
  expect(read(tree)).toEqual({ kind: "found", value: { routes }, origin });
});

test.each<[string, Tree]>([
  ["no file", {}],
  ["a proxy for http alone", { "etc/environment": "http_proxy=http://proxy:3128\n" }],
  ["a proxy that is switched off", { "etc/sysconfig/proxy": 'PROXY_ENABLED="no"\nHTTPS_PROXY="http://suse:8080"\n' }],
])("is absent with %s", (_, tree) => {
  expect(read(tree)).toEqual({ kind: "absent", origin: "/etc/environment", reason: "no HTTPS_PROXY" });
});

test("a file that others may change is ignored and reported", () => {
  expect(read({ "etc/environment": "HTTPS_PROXY=http://u:planted@proxy:3128\n" }, 0o666)).toMatchObject({
    kind: "failed",
    error: {
      code: "settings-unreadable",
      message: expect.stringMatching(
        /etc\/environment is not used: .* can be changed by ordinary users: .* has the mode 0666/,
      ),
    },
  });
});

test("an invalid address is reported with its place, and never shown", () => {
  const reading = read({ "etc/environment": "HTTPS_PROXY=socks4://u:planted@proxy:1080\n" });
  expect(reading).toMatchObject({ kind: "failed" });
  const { message } = "error" in reading ? reading.error : { message: "" };
  expect(message).toMatch(/etc\/environment is not used: HTTPS_PROXY is not the address/);
  expect(message).not.toContain("planted");
});

test("lines are read as pam_env reads them, the last one of a name counting", () => {
  const text = ["A=1", ' export B="two words" ', "C='x'", "D=", "# E=1", "F", "A=2", 'G=a"b', 'H="open'].join("\n");
  expect(parsePamEnvironment(text)).toEqual({ A: "2", B: "two words", C: "x", D: "", G: 'a"b', H: "open" });
});

test.each([
  ["https_proxy=http://proxy:3128 # the office's", "http://proxy:3128"],
  ['https_proxy="http://proxy:3128" # the office\'s', "http://proxy:3128"],
  ["https_proxy=http://proxy:3128#office", "http://proxy:3128"],
  ["https_proxy=http://proxy:3128\t \r", "http://proxy:3128"],
])("a comment behind a value is none of it: %s", (line, origin) => {
  expect(read({ "etc/environment": `${line}\n` })).toMatchObject({ kind: "found", value: { routes: proxy(origin) } });
});

test.each([
  ['HTTPS_PROXY="http://proxy:3128" # office', "http://proxy:3128"],
  ["HTTPS_PROXY=http://proxy:3128 # office", "http://proxy:3128"],
  ['HTTPS_PROXY="http://u:a%23b@proxy:3128"', "http://proxy:3128"],
  ["HTTPS_PROXY=http://proxy:3128;export HTTPS_PROXY", "http://proxy:3128"],
])("SUSE's file is read as a shell reads it: %s", (line, origin) => {
  const reading = read({ "etc/sysconfig/proxy": `PROXY_ENABLED="yes"\n${line}\n` });
  expect(reading).toMatchObject({ kind: "found", value: { routes: [{ origin }] } });
});

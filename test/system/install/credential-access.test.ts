import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, lchownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Gears, startGears } from "../../fakes/gears.ts";
import { type Endpoint, setUpEndpoint } from "../support/agent.ts";

/** Another user's hands in the way to the credential: root's run refuses it, and the command that it names fixes it. */

const somebody = 65_534;
let gears: Gears;
let endpoint: Endpoint;
let home: string;
let file: string;

beforeEach(async () => {
  gears = await startGears({ limit: { calls: 100, periodMs: 60_000 } });
  endpoint = setUpEndpoint(gears, { clientId: undefined });
  home = mkdtempSync(join(tmpdir(), "linkuser-agent-access-"));
  file = join(home, "etc", "credential.json");
  mkdirSync(join(home, "etc"), { mode: 0o755 });
  const credential = JSON.stringify({ clientId: gears.clientId, clientSecret: gears.clientSecret });
  writeFileSync(file, credential, { mode: 0o600 });
});
afterEach(async () => {
  endpoint[Symbol.dispose]();
  rmSync(home, { recursive: true });
  await gears.close();
});

const link = async (credentialFile: string) =>
  await endpoint.link(["--credential-file", credentialFile], { environment: { HOME: endpoint.directory } });

test.each<[string, () => string]>([
  ["may be read by all", () => path(() => chmodSync(file, 0o604))],
  ["may be read by one by an access list", () => path(() => execFileSync("setfacl", ["-m", `u:${somebody}:r`, file]))],
  ["belongs to another", () => path(() => chownSync(file, somebody, 0))],
  ["is in another's folder", () => path(() => chownSync(join(home, "etc"), somebody, 0))],
  ["is in a folder that others may write to", () => path(() => chmodSync(join(home, "etc"), 0o777))],
  [
    "is in a folder that one may write to by an access list",
    () => path(() => execFileSync("setfacl", ["-m", `u:${somebody}:rwx`, join(home, "etc")])),
  ],
  ["is named by another's link", () => linkOf(somebody)],
  [
    "is named by a link in a folder of another's",
    () => {
      mkdirSync(join(home, "theirs"));
      chownSync(join(home, "theirs"), somebody, 0);
      symlinkSync(file, join(home, "theirs", "link"));
      return join(home, "theirs", "link");
    },
  ],
])("77, until the named command has run: the credential %s", async (_, prepare) => {
  const credentialFile = prepare();
  const { exitCode, document } = await link(credentialFile);
  expect(document).toMatchObject({ outcome: "credentials", error: { code: "credentials-exposed" } });
  expect(exitCode).toBe(77);
  expect(gears.calls).toEqual([]);
  follow(document.message);
  expect((await link(credentialFile)).document.outcome).toBe("linked");
});

test("a link of root's own is followed", async () => {
  expect((await link(linkOf(0))).document.outcome).toBe("linked");
});

test.each<[string, () => void]>([
  ["may be changed by all", () => chmodSync(endpoint.settingsFile, 0o666)],
  [
    "may be changed by one by an access list",
    () => execFileSync("setfacl", ["-m", "u:65534:rw", endpoint.settingsFile]),
  ],
  ["belongs to another", () => chownSync(endpoint.settingsFile, somebody, 0)],
  ["is in another's folder", () => chownSync(endpoint.directory, somebody, 0)],
  ["is in a folder that others may write to", () => chmodSync(endpoint.directory, 0o777)],
])("78, until the named command has run: the settings file %s", async (_, prepare) => {
  prepare();
  const { exitCode, document } = await link(file);
  expect(document).toMatchObject({ outcome: "config-invalid", error: { code: "settings-exposed" } });
  expect(exitCode).toBe(78);
  expect(gears.calls).toEqual([]);
  follow(document.message);
  expect((await link(file)).document.outcome).toBe("linked");
});

/** Runs the command at the end of a message. */
function follow(message: string): void {
  const [, command = ""] = / Run (.*)$/.exec(message) ?? [];
  execFileSync("sh", ["-c", command]);
}

function path(prepare: () => void): string {
  prepare();
  return file;
}

function linkOf(owner: number): string {
  const name = join(home, "link");
  symlinkSync(file, name);
  lchownSync(name, owner, 0);
  return name;
}

import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { makeWindowsPackage } from "../../../installer/packages.ts";
import { sign, signingFrom } from "../../../installer/windows/signing.ts";
import { windowsTarget } from "../windows/wine-machine.ts";

/** Signing with a throw-away certificate. PKCS#11 and time stamps of a real authority were not run. */

let folder: string;
let environment: Readonly<Record<string, string>>;
let executable: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "linkuser-agent-signing-"));
  environment = { SIGN_CERT: join(folder, "cert.pem"), SIGN_KEY: join(folder, "key.pem") };
  const subject = ["-subj", "/CN=Throw-away", "-days", "2", "-addext", "extendedKeyUsage=codeSigning"];
  const files = ["-keyout", "key.pem", "-out", "cert.pem"];
  execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", ...files, ...subject], {
    cwd: folder,
    stdio: "pipe",
  });
  executable = join(folder, "linkuser-agent.exe");
  copyFileSync(resolve(import.meta.dirname, "../../../dist", windowsTarget().executable), executable);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => vi.unstubAllEnvs());

function signing(more: Readonly<Record<string, string>> = {}) {
  const found = signingFrom({ ...environment, ...more });
  if (found === undefined) throw new Error("nothing is signed");
  return found;
}

const isSigned = (file: string): boolean =>
  spawnSync("osslsigncode", ["verify", "-CAfile", join(folder, "cert.pem"), "-in", file]).status === 0;

test("without a time stamp nothing is signed, and the file is unchanged", () => {
  const before = readFileSync(executable);
  // Port 9 of loopback: nobody listens there.
  expect(() => sign(executable, signing({ SIGN_TIMESTAMP_URL: "http://127.0.0.1:9/" }))).toThrow(/osslsigncode/);
  expect(readFileSync(executable).equals(before)).toBe(true);
  expect(readdirSync(folder).filter((name) => name.endsWith(".signed"))).toEqual([]);
});

test("the executable first, then the package with the signed one inside", () => {
  expect(isSigned(executable)).toBe(false);
  sign(executable, signing());
  expect(isSigned(executable)).toBe(true);

  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const msi = makeWindowsPackage(executable, folder);
  expect(isSigned(msi)).toBe(true);
  execFileSync("msiextract", ["--directory", join(folder, "inside"), msi]);
  const inside = readdirSync(join(folder, "inside"), { recursive: true, encoding: "utf8" });
  const extracted = inside.find((name) => name.endsWith("linkuser-agent.exe")) ?? "none";
  expect(readFileSync(join(folder, "inside", extracted)).equals(readFileSync(executable))).toBe(true);

  const changed = readFileSync(executable);
  changed[4096] = (changed[4096] ?? 0) ^ 1;
  writeFileSync(executable, changed);
  expect(isSigned(executable)).toBe(false);
});

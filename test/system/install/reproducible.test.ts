import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { makeGatewayPackage, makeLinuxPackage } from "../../../installer/packages.ts";
import { product } from "../../../installer/product.ts";

/** Packages contain any file unchanged; a small one is quick. */
const executable = "/bin/true";

const sourceDate = 1_700_000_000;

let folder: string;
beforeAll(() => {
  vi.stubEnv("SOURCE_DATE_EPOCH", String(sourceDate));
  folder = mkdtempSync(join(tmpdir(), "linkuser-agent-reproducible-"));
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

test.each([
  ["deb", "linux-x64", `${product.name}_${product.version}_amd64.deb`],
  ["deb", "linux-arm64", `${product.name}_${product.version}_arm64.deb`],
  ["rpm", "linux-x64", `${product.name}-${product.version}-1.x86_64.rpm`],
  ["rpm", "linux-arm64", `${product.name}-${product.version}-1.aarch64.rpm`],
  ["deb", "gateway", `linkuser-gateway_${product.version}_all.deb`],
  ["rpm", "gateway", `linkuser-gateway-${product.version}-1.noarch.rpm`],
] as const)("the %s for %s is the same whenever and wherever it is made", (format, target, name) => {
  const make = (): string => {
    const dist = mkdtempSync(join(folder, "dist-"));
    const copy = join(dist, "executable");
    copyFileSync(executable, copy);
    const made = target === "gateway" ? makeGatewayPackage(format, dist) : makeLinuxPackage(format, target, copy, dist);
    expect(basename(made)).toBe(name);
    return made;
  };
  const umask = process.umask(0o077);
  const first = make();
  process.umask(umask);
  const second = make();
  expect(readFileSync(second).equals(readFileSync(first))).toBe(true);
  expect(new Set(timesIn(format, first))).toEqual(new Set([sourceDate]));
});

/** When the package and each file in it were made, in seconds since the epoch. */
function timesIn(format: "deb" | "rpm", file: string): readonly number[] {
  if (format === "rpm") {
    const times = "%{BUILDTIME}\n[%{FILEMTIMES}\n]";
    return execFileSync("rpm", ["--query", "--queryformat", times, "--package", file], { encoding: "utf8" })
      .trim()
      .split("\n")
      .map(Number);
  }
  const archive = execFileSync("dpkg-deb", ["--fsys-tarfile", file], { maxBuffer: 10_000_000 });
  const list = execFileSync("tar", ["--list", "--verbose", "--utc", "--full-time"], {
    input: archive,
    encoding: "utf8",
  });
  return [...list.matchAll(/ (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) /g)].map(
    ([, day, time]) => Date.parse(`${day}T${time}Z`) / 1000,
  );
}

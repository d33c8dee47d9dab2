import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type WorkerProgram, workerPrograms } from "../../../agent/worker/start-worker.ts";
import { type BillOfMaterials, billOfMaterials } from "../../../installer/bill-of-materials.ts";
import { bundleProgram, bundleWorker } from "../../../installer/executable/bundle.ts";
import { refuseOtherNode } from "../../../installer/executable/runtime.ts";
import { type Target, targets } from "../../../installer/executable/targets.ts";
import { makePackages } from "../../../installer/packages.ts";
import { nameOf, nodePackages, runtimePackages } from "../../../installer/pinned-packages.ts";
import { thirdPartyNotices } from "../../../installer/third-party.ts";

/** Compares the third-party notices with what the bundles really contain. */

const root = resolve(import.meta.dirname, "../../..");
const workers = Object.keys(workerPrograms) as WorkerProgram[];
const names = runtimePackages().map(({ name }) => name);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "linkuser-agent-supply-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

test("every package in a bundle is named, and every named one is in a bundle", async () => {
  const bundled = new Set<string>();
  const entry = join(root, "agent/main.ts");
  const bundles = await Promise.all([
    ...[...new Set(targets.map(({ platform }) => platform))].map((platform) =>
      bundleProgram(entry, join(folder, `${platform}.js`), platform),
    ),
    ...workers.map((worker) => bundleWorker(worker, join(folder, `${worker}.js`))),
  ]);
  for (const file of bundles.flat().filter((one) => one.includes("node_modules/"))) bundled.add(nameOf(file));
  expect([...bundled].sort()).toEqual([...names].sort());
});

test("the notices have the licence of each package and of Node", () => {
  const notices = thirdPartyNotices();
  for (const { name, version } of runtimePackages()) {
    const [, text = ""] = notices.split(`\n${name} ${version}\n`);
    expect(text.split("=".repeat(79))[1], name).toMatch(/Permission is hereby granted/);
  }
  const [node] = nodePackages();
  expect(node?.version).toBe(process.versions.node);
  expect(notices).toContain(`\nNode.js ${process.versions.node}, `);
  expect(notices).toContain("OpenSSL");
});

/** The libraries of the Node that runs these tests. */
const own = targets.find(
  ({ platform, name }) => platform === process.platform && name.endsWith(process.arch),
) as Target;

test("Node is the one of nodejs.org's archives, and another one ends the build", () => {
  refuseOtherNode(process.execPath, own.officialSha256);
  const changed = join(folder, "node");
  writeFileSync(changed, "another");
  expect(() => refuseOtherNode(changed, targets[0]?.officialSha256)).toThrow(/is not Node of nodejs\.org's archive/);
  expect(targets.filter((one) => one.officialSha256 === undefined).map(({ name }) => name)).toEqual(["darwin-x64"]);
});

const bill = (): string => billOfMaterials("1.2.3", 1_700_000_000);

test("the bill of materials lists the same packages, and Node with its libraries", () => {
  const { metadata, components, dependencies, serialNumber } = JSON.parse(bill()) as BillOfMaterials;
  expect(metadata).toMatchObject({
    timestamp: "2023-11-14T22:13:20.000Z",
    component: { type: "application", name: "linkuser-agent", version: "1.2.3" },
  });
  expect(components.map(({ name }) => name).sort()).toEqual([...names, "node"].sort());
  const pinned = new Map(runtimePackages().map(({ name, version }) => [name, version]));
  for (const { name, version, purl } of components.filter((one) => one.name !== "node")) {
    expect({ version, purl }).toEqual({
      version: pinned.get(name),
      purl: `pkg:npm/${name.replace("@", "%40")}@${version}`,
    });
  }
  const node = components.find(({ name }) => name === "node");
  expect(node).toMatchObject({ version: process.versions.node });
  expect(node?.["components"]).toContainEqual(
    expect.objectContaining({ name: "openssl", version: process.versions.openssl }),
  );
  expect(JSON.stringify(node?.["pedigree"])).toMatch(
    /the same as Node in nodejs\.org's archives.*not compared for darwin-x64.*signature was not checked.*blanked.*stripped.*ICU/,
  );
  expect(node?.["properties"]).toContainEqual({
    name: `linkuser-agent:sha256-of-unchanged-node:${own.name}`,
    value: own.officialSha256 ?? "not compared",
  });
  const refs = [metadata.component, ...components].map((one) => one["bom-ref"]);
  expect(dependencies.map(({ ref }) => ref).sort()).toEqual([...refs].sort());
  expect(refs).toEqual(expect.arrayContaining(dependencies.flatMap(({ dependsOn }) => dependsOn)));
  expect(serialNumber).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test("the bill of materials is the same each time, and names nothing of this machine", () => {
  const first = bill();
  expect(bill()).toBe(first);
  expect(first).not.toContain(root);
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  expect(JSON.parse(billOfMaterials(version, 0)).serialNumber).not.toBe(JSON.parse(first).serialNumber);
});

test("the checksums cover this build's files, and none of an earlier build", () => {
  const dist = join(folder, "dist");
  mkdirSync(dist);
  const built = targets.filter(({ name }) => name === "darwin-arm64");
  for (const { executable } of built) writeFileSync(join(dist, executable), "executable");
  writeFileSync(join(dist, "linkuser-agent_0.0.9_amd64.deb"), "of an earlier version");
  const made = makePackages(built, dist).map((path) => basename(path));
  const names = [...built.map(({ executable }) => executable), ...made].toSorted();
  const checked = execFileSync("sha256sum", ["--check", "SHA256SUMS"], { cwd: dist, encoding: "utf8" });
  expect(checked).toBe(names.map((name) => `${name}: OK\n`).join(""));
});

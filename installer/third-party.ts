import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");

/** An npm package as `package-lock.json` pins it. */
export interface PinnedPackage {
  readonly name: string;
  readonly version: string;
  /** Subresource integrity: `sha512-` and base64. */
  readonly integrity: string;
}

interface LockEntry {
  readonly version: string;
  readonly integrity: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
}

function lockEntries(): readonly (readonly [string, LockEntry])[] {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  const entries = Object.entries(lock.packages as Readonly<Record<string, LockEntry>>);
  return entries.filter(([path]) => path !== "").map(([path, entry]) => [nameOf(path), entry]);
}

/** The package to which a file or folder below node_modules belongs. */
export function nameOf(path: string): string {
  const inside = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
  return inside
    .split("/")
    .slice(0, inside.startsWith("@") ? 2 : 1)
    .join("/");
}

/** The packages that the bundle may hold: dependencies at run time, and theirs. */
export function runtimePackages(): readonly PinnedPackage[] {
  return lockEntries()
    .filter(([, { dev, optional, devOptional }]) => !dev && !optional && !devOptional)
    .map(([name, { version, integrity }]) => ({ name, version, integrity }));
}

/** The packages that are Node, for one platform each; all of one version. */
export function nodePackages(): readonly PinnedPackage[] {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const names = Object.keys(manifest.optionalDependencies);
  return lockEntries()
    .filter(([name]) => names.includes(name))
    .map(([name, { version, integrity }]) => ({ name, version, integrity }));
}

/** The licences of all that the executables are made of, for every package that carries one. */
export function thirdPartyNotices(): string {
  const parts = runtimePackages().map(({ name, version }) => section(`${name} ${version}`, licenceOf(name)));
  return [
    "linkuser-agent contains the following software of others, under their licences.\n",
    ...parts,
    section(`Node.js ${process.versions.node}, with the libraries in it`, nodeLicence()),
  ].join("\n");
}

const line = "=".repeat(79);
const section = (title: string, text: string): string => `${line}\n${title}\n${line}\n\n${text.trim()}\n`;

function licenceOf(name: string): string {
  const folder = join(root, "node_modules", name);
  const file = readdirSync(folder).find((one) => /^licen[cs]e(?:\.(?:md|txt))?$/i.test(one));
  if (file === undefined) throw new Error(`The package ${name} has no licence file`);
  return readFileSync(join(folder, file), "utf8").replaceAll("\r\n", "\n");
}

/** npm installs the package of this machine's platform alone; all have the same text. */
function nodeLicence(): string {
  const [installed] = nodePackages().filter(({ name }) => name === `node-${process.platform}-${process.arch}`);
  if (installed === undefined || installed.version !== process.versions.node) {
    throw new Error("Make packages on Linux, by npm, under the Node that package.json pins");
  }
  return licenceOf(installed.name);
}

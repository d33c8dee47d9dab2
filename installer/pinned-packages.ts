import { readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");

/** An npm package as `package-lock.json` pins it. */
export interface PinnedPackage {
  readonly name: string;
  readonly version: string;
  /** Subresource integrity: `sha512-` and base64. */
  readonly integrity: string;
}

interface LockEntry extends Omit<PinnedPackage, "name"> {
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
}

function lockEntries(): readonly (readonly [string, LockEntry])[] {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  const entries = Object.entries(lock.packages as Readonly<Record<string, LockEntry>>);
  return entries.filter(([path]) => path !== "").map(([path, entry]) => [nameOf(path), entry]);
}

const pinned = ([name, { version, integrity }]: readonly [string, LockEntry]): PinnedPackage => ({
  name,
  version,
  integrity,
});

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
    .map(pinned);
}

/** The packages that are Node, for one platform each; all of one version. */
export function nodePackages(): readonly PinnedPackage[] {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const names = Object.keys(manifest.optionalDependencies);
  return lockEntries()
    .filter(([name]) => names.includes(name))
    .map(pinned);
}

/** The SHA-512 of a package, 64 bytes. @throws Error where something else is pinned */
export function sha512Of({ name, integrity }: PinnedPackage): Buffer {
  const [, base64] = /^sha512-([A-Za-z0-9+/=]{88})$/.exec(integrity) ?? [];
  if (base64 === undefined) throw new Error(`package-lock.json pins no sha512 for ${name}`);
  return Buffer.from(base64, "base64");
}

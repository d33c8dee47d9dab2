import { join } from "node:path";
import { runCommand } from "./executable/command.ts";
import { targets } from "./executable/targets.ts";
import { nodePackages, sha512Of } from "./pinned-packages.ts";
import { product } from "./product.ts";
import { uuidOf } from "./uuid.ts";

interface Component {
  readonly "bom-ref": string;
  readonly type: string;
  readonly name: string;
  readonly version: string;
  readonly [field: string]: unknown;
}

interface Dependency {
  readonly ref: string;
  readonly dependsOn: readonly string[];
}

/** The part of CycloneDX 1.5 (https://cyclonedx.org/docs/1.5/json/) that npm writes. */
export interface BillOfMaterials {
  readonly serialNumber: string;
  readonly metadata: { readonly timestamp: string; readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly Dependency[];
  readonly [field: string]: unknown;
}

/**
 * The executables' parts: npm's own list of the run-time packages, and Node with its libraries. The same commit gives
 * the same text: npm's values from the clock, from chance and from the folder's name are replaced.
 * @param sourceDate seconds since the epoch
 */
export function billOfMaterials(version: string, sourceDate: number): string {
  const options = ["--sbom-format", "cyclonedx", "--sbom-type", "application", "--omit", "dev", "--omit", "optional"];
  const folder = ["--prefix", join(import.meta.dirname, "..")];
  const printed = JSON.parse(runCommand("npm", ["sbom", ...options, ...folder])) as BillOfMaterials;
  const root = `${product.name}@${version}`;
  const npmRoot = printed.metadata.component["bom-ref"];
  const node = nodeComponent();
  const content = {
    ...printed,
    metadata: {
      timestamp: new Date(sourceDate * 1000).toISOString(),
      component: {
        ...printed.metadata.component,
        "bom-ref": root,
        name: product.name,
        version,
        purl: `pkg:generic/${product.name}@${version}`,
      },
    },
    components: [...printed.components, node],
    dependencies: [
      ...printed.dependencies.map(({ ref, dependsOn }) =>
        ref === npmRoot ? { ref: root, dependsOn: [...dependsOn, node["bom-ref"]] } : { ref, dependsOn },
      ),
      { ref: node["bom-ref"], dependsOn: [] },
    ],
  };
  const serialNumber = `urn:uuid:${uuidOf(JSON.stringify({ ...content, serialNumber: undefined }))}`;
  return `${JSON.stringify({ ...content, serialNumber }, undefined, 2)}\n`;
}

/** Entries of `process.versions` that are not software. */
const interfaces: readonly string[] = ["node", "modules", "napi"];

/** Changes of the build to Node; the steps are in installer/README.md. */
const changesToNode = [
  "Taken from npm's packages, with their sha512 checked. It is the same as Node in nodejs.org's archives by the SHA-256",
  "that public projects publish (see properties; not compared for darwin-x64). The Node project's signature was not checked.",
  "All: names of environment variables blanked. Linux: debug symbols stripped.",
  "Windows: version resource, icon and DependentLoadFlags replaced. Windows and macOS: Node's signature removed.",
  "Windows and Linux (arm64 only if built with QEMU): ICU data reduced to English, the program's text in place of the module",
  "internal/deps/amaro/dist/index (Windows only if built with Wine). Linux: Abseil's deadlock detector and V8's source positions for profilers off, the SEA blob embedded as an ELF note.",
].join(" ");

/** Node from npm's packages, and the libraries that this version lists as linked. */
function nodeComponent(): Component {
  const version = process.versions.node;
  const libraries = Object.entries(process.versions).filter(
    (entry): entry is [string, string] => Boolean(entry[1]) && !interfaces.includes(entry[0]),
  );
  return {
    "bom-ref": `node@${version}`,
    type: "application",
    name: "node",
    version,
    scope: "required",
    purl: `pkg:generic/node@${version}`,
    cpe: `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*`,
    licenses: [{ license: { id: "MIT" } }],
    pedigree: { notes: changesToNode },
    externalReferences: nodePackages().map((one) => ({
      type: "distribution",
      url: `pkg:npm/${one.name}@${one.version}`,
      hashes: [{ alg: "SHA-512", content: sha512Of(one).toString("hex") }],
    })),
    properties: targets.map(({ name, officialSha256 }) => ({
      name: `linkuser-agent:sha256-of-unchanged-node:${name}`,
      value: officialSha256 ?? "not compared",
    })),
    components: libraries.map(([name, itsVersion]) => ({
      "bom-ref": `node@${version}/${name}@${itsVersion}`,
      type: "library",
      name,
      version: itsVersion,
      purl: `pkg:generic/${name}@${itsVersion}`,
    })),
  };
}

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { nodePackages, runtimePackages } from "./pinned-packages.ts";

/** The licences of all that the executables are made of, for every package that carries one. */
export function thirdPartyNotices(): string {
  const parts = runtimePackages().map(({ name, version }) => section(`${name} ${version}`, licenceOf(name)));
  return [
    "linkuser-agent contains the following third-party software, under these licences.\n",
    ...parts,
    section(`Node.js ${process.versions.node}, with the libraries in it`, nodeLicence()),
  ].join("\n");
}

const line = "=".repeat(79);
const section = (title: string, text: string): string => `${line}\n${title}\n${line}\n\n${text.trim()}\n`;

function licenceOf(name: string): string {
  const folder = join(import.meta.dirname, "..", "node_modules", name);
  const file = readdirSync(folder).find((one) => /^licen[cs]e(?:\.(?:md|txt))?$/i.test(one));
  if (file === undefined) throw new Error(`The package ${name} has no licence file`);
  return readFileSync(join(folder, file), "utf8").replaceAll("\r\n", "\n");
}

/** npm installs only the package of this machine's platform; all have the same text. */
function nodeLicence(): string {
  const [installed] = nodePackages().filter(({ name }) => name === `node-${process.platform}-${process.arch}`);
  if (installed === undefined || installed.version !== process.versions.node) {
    throw new Error("Make packages on Linux, with npm and the Node version that package.json pins");
  }
  return licenceOf(installed.name);
}

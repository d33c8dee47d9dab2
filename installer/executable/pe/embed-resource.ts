import { readFileSync, writeFileSync } from "node:fs";
import { NtExecutable, NtExecutableResource } from "resedit";
import { lightFuse } from "../elf/embed-blob.ts";

/**
 * Makes a Node for Windows a single executable application, as postject does. Relies on: `node::sea` looking for a
 * resource of the name NODE_SEA_BLOB and the type RT_RCDATA, and the fuse.
 */
export function embedResource(runtime: string, blob: Buffer, executable: string): void {
  const node = readFileSync(runtime);
  lightFuse(node);
  const image = NtExecutable.from(node, { ignoreCert: true });
  const resources = NtExecutableResource.from(image);
  const bin = new Uint8Array(blob).buffer;
  resources.entries.push({ type: 10, id: "NODE_SEA_BLOB", lang: 0, codepage: 0, bin });
  resources.outputResource(image);
  writeFileSync(executable, Buffer.from(image.generate()));
}

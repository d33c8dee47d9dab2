import { readFileSync, writeFileSync } from "node:fs";
import { Data, NtExecutable, NtExecutableResource, Resource } from "resedit";
import { product } from "../../product.ts";

const english = { lang: 0x0409, codepage: 1200 };
const iconFile = new URL("../../windows/linkuser-agent.ico", import.meta.url);

/** Shown in the file's properties. */
export interface ProductNames {
  readonly version: string;
  readonly description: string;
  readonly fileName: string;
}

/**
 * Gives a Windows executable this product's version resource and icon in place of Node's, and drops Node's signature,
 * which would no longer fit.
 */
export function setWindowsResources(executable: string, { version, description, fileName }: ProductNames): void {
  const image = NtExecutable.from(readFileSync(executable), { ignoreCert: true });
  const resources = NtExecutableResource.from(image);

  const [versionInfo] = Resource.VersionInfo.fromEntries(resources.entries);
  if (versionInfo === undefined) throw new Error(`${executable} has no version resource`);
  versionInfo.removeAllStringValues(english);
  versionInfo.setFileVersion(version, english.lang);
  versionInfo.setProductVersion(version, english.lang);
  versionInfo.setStringValues(english, {
    FileDescription: description,
    FileVersion: version,
    InternalName: product.name,
    OriginalFilename: fileName,
    ProductName: product.name,
    ProductVersion: version,
  });
  versionInfo.outputToResourceEntries(resources.entries);

  const icons = Data.IconFile.from(readFileSync(iconFile)).icons.map(({ data }) => data);
  for (const { id, lang } of Resource.IconGroupEntry.fromEntries(resources.entries)) {
    Resource.IconGroupEntry.replaceIconsForResource(resources.entries, id, lang, icons);
  }

  resources.outputResource(image);
  writeFileSync(executable, Buffer.from(image.generate()));
}

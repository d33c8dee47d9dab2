import { readFileSync } from "node:fs";
import { macosIdentifier } from "../../agent/platform/macos/paths.ts";
import { daemonPropertyList } from "../../agent/platform/macos/service/launchd.ts";
import { thirdPartyNotices } from "../third-party.ts";
import type { ZippedFile } from "../zip.ts";
import { jamfSchema } from "./jamf-schema.ts";
import { configurationProfile } from "./profile.ts";

/** Where the package puts the program; `postinstall` and `sign-and-package.sh` name it, too. */
export const installedExecutable = "/Library/LinkUserAgent/linkuser-agent";

export function macosFiles(): readonly ZippedFile[] {
  const own = (name: string, mode: number): ZippedFile => ({
    name,
    mode,
    text: readFileSync(new URL(name, import.meta.url), "utf8"),
  });
  return [
    { name: "linkuser-agent.mobileconfig", mode: 0o644, text: configurationProfile() },
    { name: "jamf-schema.json", mode: 0o644, text: jamfSchema() },
    { name: `${macosIdentifier}.plist`, mode: 0o644, text: daemonPropertyList(installedExecutable) },
    own("sign-and-package.sh", 0o755),
    own("postinstall", 0o755),
    own("entitlements.plist", 0o644),
    { name: "THIRD-PARTY-NOTICES.txt", mode: 0o644, text: thirdPartyNotices() },
  ];
}

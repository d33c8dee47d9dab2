import { join } from "node:path";
import type { Paths } from "../port.ts";

/** The program's identifier on macOS: of its signature, its package, its job and its preferences. */
export const macosIdentifier = "com.linkuser.agent";

/** See the contract's table of platforms. */
const folder = "Library/Application Support/LinkUserAgent";

/** @param home of a person; undefined for root and accounts of the system */
export function macosPaths(home: string | undefined): Paths {
  const shared = join("/", folder);
  const own = home === undefined ? shared : join(home, folder);
  return {
    configFile: join(shared, "config.json"),
    credentialFile: join(shared, "credential.json"),
    stateDir: own,
    logFile: join(own, "linkuser-agent.log"),
  };
}

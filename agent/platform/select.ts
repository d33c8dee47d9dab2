import { AgentError } from "../errors.ts";
import type { Platform } from "./port.ts";

/**
 * The platform that this program runs on; only its code is loaded. To add one: a folder beside the others that
 * implements `Platform` (`port.ts`), a case here, and its name in `Platform["name"]`; the compiler finds what depends on
 * it. `test/architecture.test.ts` lists the folders that must not import one another.
 * @throws AgentError `internal` on a system that is not supported
 */
export async function selectPlatform(): Promise<Platform> {
  switch (process.platform) {
    case "linux":
      return (await import("./linux/platform.ts")).createLinuxPlatform();
    case "win32":
      return (await import("./windows/platform.ts")).createWindowsPlatform();
    case "darwin":
      return (await import("./macos/platform.ts")).createMacosPlatform();
    default:
      throw new AgentError("internal", `linkuser-agent does not run on ${process.platform}.`);
  }
}

/** The system and the processor's architecture as Node names them: `linux-x64`. */
export const systemName = `${process.platform}-${process.arch}`;

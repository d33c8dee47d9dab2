import { AgentError } from "../errors.ts";
import { type Credentials, findCredentials } from "../settings/credentials.ts";
import type { Settings } from "../settings/table.ts";
import { effectivePaths } from "./load-settings.ts";
import type { Runtime } from "./runtime.ts";

/** @throws AgentError of an outcome `credentials` */
export function loadCredentials(
  { platform, environment }: Pick<Runtime, "platform" | "environment">,
  settings: Settings,
): Credentials {
  const { credentialFile } = effectivePaths(platform, settings);
  return findCredentials(settings, environment, credentialFile, platform.readProtected);
}

/** The account remembered with a link; null if the credentials name none. */
export const clientIdOf = (credentials: Credentials): string | null =>
  credentials.kind === "client" ? credentials.clientId : null;

/** The account of a run; if there are no credentials yet, the one that they must belong to. */
export function expectedAccount(runtime: Runtime, settings: Settings): string | null {
  try {
    return clientIdOf(loadCredentials(runtime, settings));
  } catch (thrown) {
    if (!(thrown instanceof AgentError)) throw thrown;
    return settings.clientId ?? null;
  }
}

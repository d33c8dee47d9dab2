import { AgentError } from "../errors.ts";
import type { Platform } from "../platform/port.ts";
import { type Credentials, findCredentials } from "../settings/credentials.ts";
import type { Settings } from "../settings/table.ts";
import { effectivePaths } from "./load-settings.ts";
import type { Runtime } from "./runtime.ts";

/** @throws AgentError of an outcome `credentials` */
export function loadCredentials(
  { platform, environment }: Pick<Runtime, "platform" | "environment">,
  settings: Settings,
): Credentials {
  const { auth, clientId } = settings;
  const { credentialFile } = effectivePaths(platform, settings);
  const found = findCredentials({ auth, clientId, environment, credentialFile, readFile: platform.readProtected });
  if (found.kind !== "none" && (platform.privileged || found.origin === platform.paths.credentialFile)) {
    refuseForeignListener(platform, settings.baseUrl);
  }
  return found;
}

/** Any user may listen at a port of loopback, where no certificate says who answers. */
function refuseForeignListener({ listenerOwner }: Pick<Platform, "listenerOwner">, baseUrl: string): void {
  const { protocol, hostname, port } = new URL(baseUrl);
  if (protocol !== "http:" || listenerOwner === undefined) return;
  const refuse = (why: string, cause?: unknown): never => {
    throw new AgentError("credentials-exposed", `The secret is not sent to baseUrl ${baseUrl}: ${why}`, { cause });
  };
  if (hostname !== "127.0.0.1") refuse(`another user may listen there. Write http://127.0.0.1:${port || 80} or https.`);
  const listener = listenerOwner(Number(port || 80));
  if (listener.kind === "failed") refuse(listener.error.message, listener.error);
  if (listener.kind === "found" && !listener.value.trusted) {
    const { owner } = listener.value;
    refuse(`${owner} listens there, not an administrator's service. With auth none no secret is needed.`);
  }
}

/** The account that is remembered with a link; null where the credentials name none. */
export const clientIdOf = (credentials: Credentials): string | null =>
  credentials.kind === "client" ? credentials.clientId : null;

/** The account of a run; where there are no credentials yet, the one that they must belong to. */
export function expectedAccount(runtime: Runtime, settings: Settings): string | null {
  try {
    return clientIdOf(loadCredentials(runtime, settings));
  } catch (thrown) {
    if (!(thrown instanceof AgentError)) throw thrown;
    return settings.clientId ?? null;
  }
}

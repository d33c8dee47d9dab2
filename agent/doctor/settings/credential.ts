import { asAgentError } from "../../errors.ts";
import type { Credentials } from "../../settings/credentials.ts";
import { loadCredentials } from "../../wiring/load-credentials.ts";
import { effectivePaths } from "../../wiring/load-settings.ts";
import type { Finding } from "../check.ts";
import type { DoctorContext, ValuesFor } from "../context.ts";
import { needsRights } from "../machine/rights.ts";

/** A plain user can't check a file that only administrators may read. */
function readable(
  load: () => Credentials,
  platform: Pick<DoctorContext["platform"], "privileged" | "name">,
): Credentials | Finding<never> {
  try {
    return load();
  } catch (thrown) {
    const denied = needsRights(platform);
    if (denied !== undefined && asAgentError(thrown).code === "credentials-unreadable") return denied;
    throw thrown;
  }
}

/** Checks that there is a well-formed credential that others can't read. */
export function checkCredential(
  context: Pick<DoctorContext, "platform" | "environment">,
  { settings: { settings } }: ValuesFor<"settings">,
): Finding<Credentials> {
  const value = readable(() => loadCredentials(context, settings), context.platform);
  if ("status" in value) return value;
  const { credentialFile } = effectivePaths(context.platform, settings);
  if (value.kind === "none") {
    return { status: "ok", detail: `none needed: auth is ${settings.auth}, the gateway adds it`, value };
  }
  const what = value.kind === "token" ? "access token" : "secret";
  const where = value.origin === credentialFile ? `in ${credentialFile}, protected` : `from the ${value.origin}`;
  return { status: "ok", detail: `${what} ${where}`, value };
}

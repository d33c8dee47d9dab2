import type { MachineMemory } from "../link/memory.ts";
import { createLookUp } from "../network/look-up.ts";
import type { ResolvedSettings } from "../settings/layers.ts";
import { loadSettings } from "../wiring/load-settings.ts";
import { proxySourcesOf } from "../wiring/network/proxy-sources.ts";
import { type Check, check, onlyWith, prepare } from "./check.ts";
import { checkComparison } from "./compare/compare.ts";
import { checkLogFile } from "./files/log-file.ts";
import { checkState } from "./files/state.ts";
import { checkAdapters } from "./identity/adapters.ts";
import { checkGroups } from "./identity/groups.ts";
import { checkIdentifier } from "./identity/identifier.ts";
import { checkHardwareIds } from "./identity/identifier-source.ts";
import { checkSessions } from "./identity/sessions.ts";
import { seeMachine } from "./identity/survey.ts";
import { checkUser } from "./identity/user.ts";
import { checkVendorClient } from "./identity/vendor-client.ts";
import { checkBindings } from "./machine/bindings.ts";
import { checkRights } from "./machine/rights.ts";
import { checkTrigger } from "./machine/trigger.ts";
import { checkClock } from "./network/clock.ts";
import { checkConnection } from "./network/connection.ts";
import { checkKnownIds } from "./network/known-ids.ts";
import { checkName } from "./network/name.ts";
import { peerOf } from "./network/peer.ts";
import { checkProxy } from "./network/proxy.ts";
import { checkRateLimit } from "./network/rate-limit.ts";
import { openTenant } from "./network/tenant.ts";
import { checkTls } from "./network/tls.ts";
import { checkToken } from "./network/token.ts";
import { checkClientCertificate } from "./settings/client-certificate.ts";
import { checkCredential } from "./settings/credential.ts";
import { checkEnvironment } from "./settings/environment.ts";
import { checkPolicy } from "./settings/policy.ts";
import { checkSettings } from "./settings/settings.ts";

/**
 * The checks of `doctor`, in the order in which they run and are shown. To add one: a file with its function, a line
 * here, and if later checks need its value, a line in `CheckValues` (`context.ts`).
 */
export const checks: readonly Check[] = [
  check("rights", [], ({ platform }) => checkRights(platform)),
  check("policy", [], ({ platform }) => checkPolicy(platform)),
  check("settings", ["policy"], (context) => checkSettings(() => loadSettings(context, context.commandLine))),
  check("environment", [], checkEnvironment),
  check("credential", ["settings"], checkCredential),
  check("client-cert", [], (context, { settings }) => settings && checkClientCertificate(context, settings)),
  check("state", ["settings"], checkState),
  check("log-file", ["settings"], checkLogFile),
  // The trigger's run does not read this run's --config file.
  check("trigger", [], ({ platform, commandLine }, { settings }) =>
    checkTrigger(platform, commandLine.flags["config"] === undefined ? settings : undefined),
  ),
  check("bindings", [], ({ platform }) => platform.selfTest && checkBindings(platform.selfTest)),

  prepare("survey", ["settings"], "this device and its user", (context, found) => seeMachine(context, found.settings)),
  check("vendor-client", ["settings", "survey"], (_, { survey }) => checkVendorClient(survey)),
  check("adapters", ["settings", "survey"], (_, { survey }) => checkAdapters(survey)),
  check("hardware-ids", ["settings", "survey"], (_, { survey }) => checkHardwareIds(survey)),
  check("identifier", ["settings", "survey"], (_, { survey, settings, state }) =>
    checkIdentifier(survey, unknownDevices(state, settings)),
  ),
  check("sessions", ["settings", "survey"], (_, { survey }) => checkSessions(survey)),
  check("user", ["settings", "survey"], (_, { survey, settings, state }) =>
    checkUser(survey, ofTenant(state?.link, settings)?.username),
  ),
  check("groups", ["settings", "survey"], (_, { survey }) => checkGroups(survey)),
  onlyWith("compare", check("compare", ["survey"], checkComparison)),

  prepare("tenant", ["settings"], "the tenant", (context, found) => openTenant(context, found.settings)),
  check("proxy", ["settings"], (context, { settings }) =>
    checkProxy(settings.settings.baseUrl, proxySourcesOf(context, settings)),
  ),
  check("name", ["proxy", "tenant"], (context, { proxy, tenant }) =>
    checkName(peerOf(tenant.baseUrl, proxy), createLookUp(context.platform.endProcess), context.clock, tenant.patience),
  ),
  check("connection", ["name", "tenant"], checkConnection),
  check("tls", ["connection", "tenant"], checkTls),
  check("clock", [], checkClock),
  check("token", ["tls", "credential", "tenant"], checkToken),
  onlyWith("ask-server", check("known-ids", ["survey", "tls", "credential", "tenant"], checkKnownIds)),
  check("rate-limit", ["connection", "settings"], checkRateLimit),
];

/** Only memory of the current tenant. */
const ofTenant = <T extends { readonly tenant: string }>(kept: T | undefined, { settings }: ResolvedSettings) =>
  kept?.tenant === settings.baseUrl ? kept : undefined;

function unknownDevices(state: MachineMemory | undefined, settings: ResolvedSettings): readonly string[] {
  const refused = state?.refusal?.code === "device-not-found" ? ofTenant(state.refusal.asked, settings) : undefined;
  return [...(ofTenant(state?.unknown, settings)?.devices ?? []), ...(refused?.devices ?? [])];
}

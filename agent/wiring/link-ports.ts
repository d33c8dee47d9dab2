import type { CommandLine } from "../cli/command-line.ts";
import { GearsClient } from "../gears/gears-client.ts";
import type { LinkPorts } from "../link/ports.ts";
import type { Credentials } from "../settings/credentials.ts";
import type { ResolvedSettings } from "../settings/layers.ts";
import { acquireLock, claimWait } from "../state/lock.ts";
import { circumstancesOf, networkAddresses } from "./circumstances.ts";
import { clientIdOf, loadCredentials } from "./load-credentials.ts";
import { effectivePaths } from "./load-settings.ts";
import { clientCertificate } from "./network/load-client-certificate.ts";
import { openSender } from "./network/sender.ts";
import type { Runtime } from "./runtime.ts";
import { identityFrom, surveyMachine } from "./survey-machine.ts";

/** Connects a run to this machine and the API. Nothing is opened before the run asks for it. */
export function linkPorts(
  runtime: Runtime,
  resolved: ResolvedSettings,
  flags: CommandLine["flags"],
  shown: Pick<LinkPorts, "log" | "endLog" | "countdown" | "store">,
): LinkPorts {
  const { platform, clock, random } = runtime;
  const { settings } = resolved;
  const { stateDir } = effectivePaths(platform, settings);
  let credentials: Credentials | undefined;
  const currentCredentials = (): Credentials => {
    credentials ??= loadCredentials(runtime, settings);
    return credentials;
  };
  const gears = new GearsClient({
    baseUrl: settings.baseUrl,
    credentials: currentCredentials,
    clock,
    period: settings.rateLimit.period,
    log: shown.log,
    openSender: () =>
      openSender(runtime, resolved, { clientCertificate: clientCertificate(runtime, resolved, shown.log) }),
  });
  return {
    ...shown,
    clock,
    random,
    target: () => ({ tenant: settings.baseUrl, account: clientIdOf(currentCredentials()) }),
    find: async (signal) => identityFrom(await surveyMachine(runtime, resolved, flags, signal), platform.name),
    link: ({ value, opt }, username, group, signal, suspect) =>
      gears.link({ value, opt, username, group }, signal, suspect),
    requests: () => gears.requests,
    rest: async (keepPaid) => {
      // Read again after the wait: no secret is held meanwhile.
      credentials = undefined;
      await gears.rest(keepPaid);
    },
    lock: (signal) => acquireLock(stateDir, (path) => platform.tryLock(path), clock, signal),
    circumstances: () => circumstancesOf(runtime, resolved),
    claimWait: () => claimWait(stateDir, platform.tryLock),
    pid: process.pid,
    addresses: networkAddresses,
  };
}

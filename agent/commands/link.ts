import { existsSync } from "node:fs";
import { networkInterfaces } from "node:os";
import type { CommandLine } from "../cli/command-line.ts";
import { describeDuration, describeMoment } from "../duration.ts";
import { AgentError, asAgentError } from "../errors.ts";
import { readVendorDeviceId } from "../gears/devinfo.ts";
import { deviceOf } from "../identity/candidates.ts";
import { type Survey, takeSurvey } from "../identity/survey.ts";
import { ownMemory } from "../link/memory.ts";
import { planLink } from "../link/plan.ts";
import type { IdentityFinding, LinkPorts, LinkResult } from "../link/ports.ts";
import { runLink } from "../link/run.ts";
import type { Sender } from "../network/exchange.ts";
import { createSender, type SenderOptions } from "../network/send.ts";
import { countdownIn } from "../render/countdown.ts";
import { describeLink } from "../render/link-text.ts";
import { createLiveLine, type LiveLine } from "../render/live-line.ts";
import { type Credentials, findCredentials } from "../settings/credentials.ts";
import type { ResolvedSettings } from "../settings/layers.ts";
import { settingFile } from "../settings/named-file.ts";
import type { Settings } from "../settings/table.ts";
import { describeIgnored } from "../settings/trusted-environment.ts";
import { acquireLock } from "../state/lock.ts";
import { fileStore } from "../state/store.ts";
import { type CommandResult, effectivePaths, loadSettings, type Runtime } from "../wiring/load-settings.ts";
import { eventReport } from "../wiring/log/event-report.ts";
import { openLog } from "../wiring/log/open-log.ts";
import { apiConnection } from "../wiring/network/api-connection.ts";
import { certificateProblems, clientCertificate } from "../wiring/network/device-certificate.ts";
import { proxySources } from "../wiring/network/proxy-sources.ts";
import { describeDryRun } from "./dry-run.ts";

/** Links this device to its logged-in user once, or with `--dry-run` shows what that would do. */
export async function link(given: Runtime, { flags, ...commandLine }: CommandLine): Promise<CommandResult> {
  // Who comes again by itself is nobody who watches, whatever its streams look like.
  const unattended = { onTerminal: false, resultBeside: false };
  const runtime = flags["will-repeat"] === true ? { ...given, ...unattended } : given;
  if (flags["dry-run"] === true)
    return await rehearse(runtime, loadSettings(runtime, { flags, ...commandLine }), flags);
  try {
    return describeLink(await run(runtime, loadSettings(runtime, { flags, ...commandLine }), flags));
  } catch (thrown) {
    const error = asAgentError(thrown);
    // What is wrong before a log can be opened is told to the system's event log alone.
    runtime.platform.reportEvent(error.outcome, error.message);
    throw thrown;
  }
}

/** Finds everything out, sends nothing to the API and changes nothing. */
async function rehearse(
  runtime: Runtime,
  resolved: ResolvedSettings,
  flags: CommandLine["flags"],
): Promise<CommandResult> {
  const { clock } = runtime;
  const { settings } = resolved;
  const started = clock.monotonic();
  const seen = await surveyOf(runtime, resolved, flags, runtime.interrupted);
  const finding = findingOf(seen);
  const now = clock.now();
  const { memory } = fileStore(effectivePaths(runtime.platform, settings).stateDir).read();
  const { link, notBefore } = ownMemory(memory, seen.device.hardware).memory;
  const target = { tenant: settings.baseUrl, account: presumedAccount(runtime, settings) };
  const options = { now, force: flags["force"] === true, relinkAfter: settings.relinkAfter };
  const plan = finding.kind === "identity" ? planLink(finding.identity, target, link, options) : undefined;
  const ignored = describeIgnored(runtime.ignoredVariables);
  const survey = {
    ...seen,
    warnings: [
      ...seen.warnings,
      ...(ignored === undefined ? [] : [ignored]),
      ...certificateProblems(settingFile("clientCertFile", resolved), now),
      ...(plan?.kind === "link" && notBefore !== undefined && notBefore > now
        ? [`a run that nobody watches does not send it before ${describeMoment(notBefore)}; see linkuser-agent status`]
        : []),
    ],
  };
  const candidates = plan?.kind === "link" ? plan.candidates : survey.device.candidates;
  const elapsedMs = Math.round(clock.monotonic() - started);
  return describeDryRun({ survey, plan, candidates, resolved, elapsedMs });
}

async function run(runtime: Runtime, resolved: ResolvedSettings, flags: CommandLine["flags"]): Promise<LinkResult> {
  const { platform, clock, random } = runtime;
  const { settings } = resolved;
  const { stateDir, logFile } = effectivePaths(platform, settings);
  // A folder that an administrator made or named keeps the access that it was given.
  if (settings.stateDir === undefined && !existsSync(stateDir)) platform.protectFolder?.(stateDir);
  const line = runtime.onTerminal ? createLiveLine(runtime.writeError, runtime.terminalWidth) : undefined;
  const store = fileStore(stateDir);
  const willRepeat = flags["will-repeat"] === true;
  const events = eventReport(platform, { willRepeat, previous: store.read().memory.lastRun, now: () => clock.now() });
  const { log, endLog } = openLog(above(line, runtime), settings.logLevel, logFile, events);
  const ignored = describeIgnored(runtime.ignoredVariables);
  if (ignored !== undefined) log.warn("environment-ignored", ignored);
  const credentials = onDemand(() => credentialsOf(runtime, settings));
  const api = apiConnection({
    baseUrl: settings.baseUrl,
    credentials,
    clock,
    openSender: () => openSender(runtime, resolved, clientCertificate(runtime, resolved, log)),
  });
  const ports: LinkPorts = {
    target: () => ({ tenant: settings.baseUrl, account: accountOf(credentials()) }),
    find: async (signal) => findingOf(await surveyOf(runtime, resolved, flags, signal)),
    link: ({ value, opt }, username, group, signal) => api.link({ value, opt, username, group }, signal),
    requests: api.requests,
    rest: api.rest,
    lock: (signal) => acquireLock(stateDir, (path) => platform.tryLock(path), clock, signal),
    addresses: networkAddresses,
    countdown: line && countdownIn(line),
    store,
    clock,
    random,
    log,
    endLog,
  };
  const options = {
    settings,
    force: flags["force"] === true,
    immediate: flags["no-splay"] === true || runtime.onTerminal,
    willRepeat,
  };
  try {
    const result = await runLink(ports, options, deadlineSignal(runtime, settings.deadline));
    events.end(result.outcome, result.error?.code, result.message);
    return result;
  } finally {
    await api.rest();
  }
}

/** Made when it is first asked for, and then kept. */
function onDemand<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** Log lines take the live line's place, which is shown again below them. */
function above(line: LiveLine | undefined, runtime: Runtime): Runtime {
  const writeError = (text: string): void => {
    line?.erase();
    runtime.writeError(text);
  };
  return { ...runtime, writeError };
}

function networkAddresses(): readonly string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.filter(({ internal }) => !internal).map(({ address }) => address);
}

/** @throws AgentError of an outcome `credentials` */
function credentialsOf({ platform, environment }: Runtime, settings: Settings): Credentials {
  const { auth, clientId } = settings;
  const { credentialFile } = effectivePaths(platform, settings);
  const readFile = (path: string) => platform.readProtected(path);
  return findCredentials({ auth, clientId, environment, credentialFile, readFile });
}

/** The account of a run; where there are no credentials yet, the one that they would have to be of. */
function presumedAccount(runtime: Runtime, settings: Settings): string | null {
  try {
    return accountOf(credentialsOf(runtime, settings));
  } catch (thrown) {
    if (!(thrown instanceof AgentError)) throw thrown;
    return settings.clientId ?? null;
  }
}

const accountOf = (credentials: Credentials): string | null =>
  credentials.kind === "client" ? credentials.clientId : null;

/** @param certificate for the tenant alone */
function openSender(
  runtime: Runtime,
  resolved: ResolvedSettings,
  certificate?: SenderOptions["clientCertificate"],
): Sender {
  const { requestTimeout } = resolved.settings;
  const caFile = settingFile("caFile", resolved);
  const proxy = proxySources(runtime, resolved);
  return createSender({ requestTimeout, caFile, proxy, clientCertificate: certificate });
}

async function surveyOf(
  runtime: Runtime,
  resolved: ResolvedSettings,
  flags: CommandLine["flags"],
  signal: AbortSignal,
): Promise<Survey> {
  const sender = openSender(runtime, resolved);
  const request = { user: textOf(flags["user"]), session: textOf(flags["session"]) };
  const { platform } = runtime;
  const ask = () => readVendorDeviceId(resolved.settings.opswatPort, sender, signal, platform.listenerOwner);
  try {
    return await takeSurvey(platform, ask, request, resolved.settings);
  } finally {
    await sender.close();
  }
}

const textOf = (flag: string | true | undefined): string | undefined => (typeof flag === "string" ? flag : undefined);

function findingOf({ device, user, username, groups, problems, warnings }: Survey): IdentityFinding {
  if (user.kind === "skipped") return { kind: "skipped", reason: user.reason };
  const { candidates, hardware } = device;
  const group = groups?.group;
  const [problem] = problems;
  if (problem !== undefined) {
    const [first] = candidates;
    return { kind: "failed", error: problem, known: { device: first && deviceOf(first), username, group } };
  }
  if (username === undefined) return { kind: "failed", error: new AgentError("internal", "a user without a name") };
  return { kind: "identity", identity: { candidates, hardware, username, group, warnings } };
}

/** Milliseconds, 24.8 days: Node takes a longer timer for one of 1 ms. */
const longestTimer = 2 ** 31 - 1;

/** Aborts at the deadline or when the process is asked to end, with the error to end with. */
function deadlineSignal({ interrupted }: Runtime, deadline: number): AbortSignal {
  const ending = new AbortController();
  const message = `Gave up after ${describeDuration(deadline)} (deadline); the next logon tries again.`;
  const arm = (left: number): void => {
    const next = () =>
      left > longestTimer ? arm(left - longestTimer) : ending.abort(new AgentError("no-answer", message));
    setTimeout(next, Math.min(left, longestTimer)).unref();
  };
  arm(deadline);
  return AbortSignal.any([interrupted, ending.signal]);
}

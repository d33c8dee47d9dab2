import { release } from "node:os";
import type { CommandLine } from "../cli/command-line.ts";
import { version } from "../cli/version.ts";
import { type AdviceFacts, createAdviser } from "../doctor/advice.ts";
import { createBundleFile, lastLogLines } from "../doctor/bundle.ts";
import { checkLogFile, checkState } from "../doctor/file-checks.ts";
import * as identity from "../doctor/identity-checks.ts";
import * as network from "../doctor/network-checks.ts";
import { observe } from "../doctor/observe.ts";
import { peerOf } from "../doctor/peer.ts";
import { type CheckResult, createReport, type Report } from "../doctor/report.ts";
import * as setup from "../doctor/settings-checks.ts";
import { framesOf } from "../errors.ts";
import { exitCodes } from "../exit-codes.ts";
import { secretsOf } from "../gears/gears.ts";
import { takeSurvey } from "../identity/survey.ts";
import type { Sender } from "../network/exchange.ts";
import type { ObserveTls } from "../network/http-connection.ts";
import { readTlsPeer, type TlsPeer } from "../network/tls-peer.ts";
import { renderReport } from "../render/doctor-report.ts";
import { createLiveLine, type LiveLine } from "../render/live-line.ts";
import type { Secret } from "../secret.ts";
import type { Credentials } from "../settings/credentials.ts";
import type { ResolvedSettings } from "../settings/layers.ts";
import { settingFile } from "../settings/named-file.ts";
import { effectivePaths, loadSettings } from "../wiring/load-settings.ts";
import { clientCertificate } from "../wiring/network/device-certificate.ts";
import { proxySources } from "../wiring/network/proxy-sources.ts";
import { openSender } from "../wiring/network/sender.ts";
import type { CommandResult, Runtime } from "../wiring/runtime.ts";
import { userRequest, vendorClient } from "../wiring/survey.ts";
import { describeSettings } from "./config.ts";

/** Milliseconds for one look-up or exchange, however patient the settings are: a person waits. */
const patience = 10_000;

/** Checks all that a link needs, without making one, and says for each fault what to do next. */
export async function doctor(runtime: Runtime, commandLine: CommandLine): Promise<CommandResult> {
  const { bundle: path } = commandLine.flags;
  using bundle = typeof path === "string" ? createBundleFile(path) : undefined;
  const visit = openVisit(runtime, commandLine);
  const { resolved, credentials, found } = await examine(visit).finally(() => visit.line?.erase());

  const { results } = visit.report;
  const document = describe(results);
  const text = renderReport(results, runtime.colour);
  const exitCode = document.outcome === "ok" ? 0 : exitCodes[document.outcome];
  if (bundle === undefined) return { exitCode, document, text };
  const secrets = [...(credentials === undefined ? [] : secretsOf(credentials)), ...found];
  bundle.write({ ...document, ...circumstances(runtime, resolved), defects: defectsIn(results) }, secrets);
  return {
    exitCode,
    document: { ...document, bundle: path },
    text: `${text}\nWritten to ${path}. It holds no secret, but names of users and hosts: read it before you send it.`,
  };
}

async function examine(visit: Visit) {
  const { resolved, credentials } = await examineSetup(visit);
  visit.line?.show("checking this device and its user");
  await examineIdentity(visit, resolved);
  return { resolved, credentials, found: await examineNetwork(visit, resolved, credentials) };
}

/** What all parts of an examination use. */
interface Visit {
  readonly runtime: Runtime;
  readonly commandLine: CommandLine;
  readonly report: Report;
  /** Grows as more becomes known. */
  readonly facts: AdviceFacts;
  /** Shows a person that something happens, since a network that is silent takes seconds. */
  readonly line: LiveLine | undefined;
}

function openVisit(runtime: Runtime, commandLine: CommandLine): Visit {
  const { platform, clock, interrupted } = runtime;
  const { name, privileged, paths } = platform;
  const { credentialFile } = paths;
  const facts: AdviceFacts = { platform: name, privileged, credentialFile, baseUrl: undefined, peer: undefined };
  const line = runtime.onTerminal ? createLiveLine(runtime.writeError, runtime.terminalWidth) : undefined;
  const begins = (check: string): void => line?.show(`checking ${check}`);
  return { runtime, commandLine, facts, line, report: createReport(clock, createAdviser(facts), interrupted, begins) };
}

/** Rights, settings, the credential and the program's own files. */
async function examineSetup({ runtime, commandLine, report, facts }: Visit) {
  const { platform, environment, ignoredVariables, clock } = runtime;
  await report.check("rights", {}, () => setup.checkRights(platform));
  const policy = await report.check("policy", {}, () => setup.checkPolicy(platform));
  const resolved = await report.check("settings", { policy }, () =>
    setup.checkSettings(() => loadSettings(runtime, commandLine)),
  );
  const settings = resolved && { ...resolved.settings, ...effectivePaths(platform, resolved.settings) };
  if (settings !== undefined) {
    facts.baseUrl = settings.baseUrl;
    facts.credentialFile = settings.credentialFile;
  }
  await report.check("environment", {}, () =>
    setup.checkEnvironment(environment, ignoredVariables, platform.privileged),
  );
  const credentials = await report.check("credential", { settings }, (needs) =>
    setup.checkCredential({ ...needs.settings, environment, platform }),
  );
  const certFile = resolved && settingFile("clientCertFile", resolved);
  if (certFile !== undefined) {
    await report.check("client-cert", { settings: resolved }, (needs) =>
      setup.checkClientCertificate(certFile, clientCertificate(runtime, needs.settings), clock.now()),
    );
  }
  await report.check("state", { settings }, (needs) => checkState(needs.settings.stateDir, clock.now()));
  await report.check("log-file", { settings }, (needs) => checkLogFile(needs.settings.logFile));
  // It reads no file that only this run was given.
  const ofTrigger = commandLine.flags["config"] === undefined ? resolved : undefined;
  await report.check("trigger", {}, () => setup.checkTrigger(platform, ofTrigger));
  const { selfTest } = platform;
  if (selfTest !== undefined) await report.check("bindings", {}, () => setup.checkBindings(selfTest));
  return { resolved, credentials };
}

/** This device and its user, as one survey sees them. */
async function examineIdentity({ runtime, commandLine, report }: Visit, resolved: ResolvedSettings | undefined) {
  const seen = resolved && (await survey(runtime, commandLine, resolved));
  await report.check("vendor-client", { settings: seen }, (needs) => identity.checkVendorClient(needs.settings));
  await report.check("adapters", { settings: seen }, (needs) => identity.checkAdapters(needs.settings));
  await report.check("hardware-ids", { settings: seen }, (needs) => identity.checkHardwareIds(needs.settings));
  await report.check("identifier", { settings: seen }, (needs) => identity.checkIdentifier(needs.settings));
  await report.check("sessions", { settings: seen }, (needs) => identity.checkSessions(needs.settings));
  await report.check("user", { settings: seen }, (needs) => identity.checkUser(needs.settings));
  await report.check("groups", { settings: seen }, (needs) => identity.checkGroups(needs.settings));
}

async function survey(
  runtime: Runtime,
  { flags }: CommandLine,
  resolved: ResolvedSettings,
): Promise<identity.SeenSurvey> {
  const { platform, clock, interrupted } = runtime;
  const observed = observe(platform, vendorClient(runtime, resolved, interrupted), clock, patience);
  const survey = await takeSurvey(observed.platform, observed.askVendorClient, userRequest(flags), resolved.settings);
  return { survey, observed };
}

/** The way to the tenant, as far as a token. @returns the secrets met on it, which must not be shown */
async function examineNetwork(
  { runtime, report, facts }: Visit,
  resolved: ResolvedSettings | undefined,
  credential: Credentials | undefined,
): Promise<readonly Secret[]> {
  const { clock, interrupted, platform } = runtime;
  const settings = resolved?.settings;
  const peers: TlsPeer[] = [];
  const observeTls: ObserveTls = (host, socket) => {
    const peer = readTlsPeer(host, socket);
    if (peer !== undefined) peers.push(peer);
  };
  await using sender =
    resolved &&
    disposable(
      openSender(runtime, resolved, {
        requestTimeout: patienceOf(settings),
        observeTls,
        clientCertificate: clientCertificate(runtime, resolved),
      }),
    );

  const proxy = await report.check("proxy", { settings: resolved }, ({ settings: all }) =>
    network.checkProxy(all.settings.baseUrl, proxySources(runtime, all)),
  );
  facts.peer = settings && proxy && peerOf(settings.baseUrl, proxy);
  const name = await report.check("name", { proxy: facts.peer }, (needs) =>
    network.checkName(needs.proxy, lookUpName, clock, patienceOf(settings)),
  );
  const connection = await report.check("connection", { name, settings, sender }, (needs) =>
    network.checkConnection(needs.settings.baseUrl, needs.sender, clock, interrupted),
  );
  const tls = await report.check("tls", { connection, settings }, (needs) =>
    network.checkTls(needs.connection, peers, needs.settings.baseUrl),
  );
  const probe = connection?.kind === "answered" ? connection.probe : undefined;
  await report.check("clock", {}, () => network.checkClock(probe, platform.name, clock));
  const trial = await report.check("token", { tls, credential, settings, sender }, (needs) =>
    network.checkToken(needs.credential, needs.settings.baseUrl, needs.sender, clock, interrupted),
  );
  await report.check("rate-limit", { connection: probe, settings }, (needs) => {
    const reports = [trial?.rateLimit, needs.connection.rateLimit].filter((one) => one !== undefined);
    return network.checkRateLimit(reports, needs.settings.rateLimit, clock.now());
  });
  const logins = proxy?.ways.map((way) => (way === "direct" ? undefined : way.authorization)) ?? [];
  return [trial?.token, ...logins].filter((secret) => secret !== undefined);
}

const patienceOf = (settings: ResolvedSettings["settings"] | undefined): number =>
  Math.min(patience, settings?.requestTimeout ?? patience);

const disposable = (sender: Sender): Sender & AsyncDisposable => ({
  ...sender,
  [Symbol.asyncDispose]: () => sender.close(),
});

/** Not imported: a bundle would load it at every start. */
const lookUpName: network.LookUpName = (host) =>
  process.getBuiltinModule("node:dns/promises").lookup(host, { all: true });

function describe(results: readonly CheckResult[]) {
  const outcome = results.find(({ error }) => error !== undefined)?.error?.outcome ?? "ok";
  const checks = results.map(({ name, status, detail, advice, elapsedMs }) => ({
    name,
    status,
    detail,
    advice,
    elapsedMs,
  }));
  return { outcome, checks } as const;
}

/** What a bundle has beside the checks. */
function circumstances({ platform, clock }: Runtime, resolved: ResolvedSettings | undefined): object {
  const { logFile } = resolved === undefined ? platform.paths : effectivePaths(platform, resolved.settings);
  return {
    version,
    time: new Date(clock.now()).toISOString(),
    system: { platform: platform.name, release: release(), node: process.version, privileged: platform.privileged },
    settings: resolved === undefined ? null : describeSettings(platform, resolved),
    log: lastLogLines(logFile),
  };
}

/** Where this program itself went wrong, if it did. */
function defectsIn(results: readonly CheckResult[]): readonly string[] {
  const defects = results.map(({ error }) => error && framesOf(error));
  return defects.filter((defect) => defect !== undefined);
}

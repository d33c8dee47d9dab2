import type { CommandLine } from "../cli/command-line.ts";
import { describeMoment } from "../duration.ts";
import { exitCodes, type Outcome } from "../exit-codes.ts";
import { describeLinkUserRequest } from "../gears/link-user.ts";
import { type Candidate, deviceOf } from "../identity/device/candidates.ts";
import type { Survey } from "../identity/survey.ts";
import { ownMemory } from "../link/memory.ts";
import { type LinkPlan, planLink } from "../link/plan-link.ts";
import { type DryRunReport, renderDryRun } from "../render/dry-run-text.ts";
import type { ResolvedSettings } from "../settings/layers.ts";
import { settingFile } from "../settings/named-file.ts";
import { settingNames } from "../settings/table.ts";
import { describeIgnored } from "../settings/trusted-environment.ts";
import { fileStore } from "../state/store.ts";
import { expectedAccount } from "../wiring/load-credentials.ts";
import { effectivePaths, loadSettings } from "../wiring/load-settings.ts";
import { certificateProblems } from "../wiring/network/load-client-certificate.ts";
import type { CommandResult, Runtime } from "../wiring/runtime.ts";
import { identityFrom, surveyMachine } from "../wiring/survey-machine.ts";

/**
 * `link --dry-run`: shows what a link would do and why; sends nothing to the API and changes nothing. An obstacle
 * decides the exit code, so that a script can check many machines.
 */
export async function dryRun(runtime: Runtime, commandLine: CommandLine): Promise<CommandResult> {
  const { clock } = runtime;
  const { flags } = commandLine;
  const resolved = loadSettings(runtime, commandLine);
  const started = clock.monotonic();
  const survey = await surveyMachine(runtime, resolved, flags, runtime.interrupted);
  const { plan, notBefore } = planFor(survey, runtime, resolved, flags["force"] === true);
  const waits = plan?.kind === "link" && flags["no-splay"] !== true;
  const candidates = plan?.kind === "link" ? plan.candidates : survey.device.candidates;
  const { outcome, message } = verdict(survey, plan);
  const found: DryRunReport = {
    survey,
    candidates,
    resolved,
    message,
    warnings: [...survey.warnings, ...runWarnings(runtime, resolved, waits ? notBefore : undefined)],
    request: requestOf(survey, candidates, resolved),
  };
  const document = describe(outcome, found, Math.round(clock.monotonic() - started));
  return { exitCode: exitCodes[outcome], document, text: renderDryRun(found) };
}

/** @returns also the moment before which an unattended run waits, by this machine's memory */
function planFor(survey: Survey, runtime: Runtime, { settings }: ResolvedSettings, force: boolean) {
  const finding = identityFrom(survey, runtime.platform.name);
  const { memory } = fileStore(effectivePaths(runtime.platform, settings).stateDir).read();
  const { link, notBefore } = ownMemory(memory, survey.device.hardware).memory;
  const target = { tenant: settings.baseUrl, account: expectedAccount(runtime, settings) };
  const options = { now: runtime.clock.now(), force, relinkAfter: settings.relinkAfter };
  const plan = finding.kind === "identity" ? planLink(finding.identity, target, link, options) : undefined;
  return { plan, notBefore };
}

function verdict({ user, problems }: Survey, plan: LinkPlan | undefined): { outcome: Outcome; message: string } {
  const [problem] = problems;
  if (user.kind === "skipped") return { outcome: "skipped", message: user.reason };
  if (problem !== undefined) return { outcome: problem.outcome, message: problem.message };
  const message =
    plan?.kind === "already-linked"
      ? `A run would send nothing: already linked, ${plan.reason}. With --force it would send this request.`
      : `A run would send this request: ${plan?.reason ?? ""}.`;
  return { outcome: "dry-run", message };
}

function runWarnings(runtime: Runtime, resolved: ResolvedSettings, notBefore: number | undefined): readonly string[] {
  const now = runtime.clock.now();
  const ignored = describeIgnored(runtime.ignoredVariables);
  return [
    ...(ignored === undefined ? [] : [ignored]),
    ...certificateProblems(settingFile("clientCertFile", resolved, runtime.platform), now),
    ...(notBefore !== undefined && notBefore > now
      ? [`an unattended run does not send it before ${describeMoment(notBefore)}; see linkuser-agent status`]
      : []),
  ];
}

function requestOf({ username, groups, problems }: Survey, [first]: readonly Candidate[], resolved: ResolvedSettings) {
  if (first === undefined || username === undefined || problems.length > 0) return undefined;
  const { baseUrl, auth } = resolved.settings;
  const { value, opt } = first;
  return describeLinkUserRequest(baseUrl, { value, opt, username, group: groups?.group }, auth);
}

function describe(outcome: Outcome, found: DryRunReport, elapsedMs: number): object {
  const { survey, candidates, resolved, message, warnings, request } = found;
  const { device, username, groups, problems } = survey;
  const [first] = candidates;
  const [problem, ...otherProblems] = problems;
  return {
    outcome,
    device: first === undefined ? undefined : deviceOf(first),
    username,
    group: groups?.group,
    message,
    requests: { token: 0, linkUser: 0 },
    elapsedMs,
    ...(problem === undefined ? {} : { error: { code: problem.code } }),
    candidates: candidates.map((candidate) => ({ ...deviceOf(candidate), reason: candidate.reason })),
    passedOver: device.passedOver,
    groups: groups?.rows ?? [],
    groupReason: groups?.reason,
    origins: Object.fromEntries(settingNames.map((name) => [name, resolved.origins[name].text])),
    warnings: [...warnings, ...otherProblems.map((one) => one.message)],
    request,
  };
}

import { writeFileSync } from "node:fs";
import type { CommandLine } from "../cli/command-line.ts";
import { duration } from "../duration.ts";
import { AgentError } from "../errors.ts";
import { pathHint, whyNot } from "../files/open-file.ts";
import { maxDevices, type PlanInput, plan } from "../pace/rollout-plan.ts";
import { printable } from "../printable.ts";
import { liveLineOf } from "../render/live-line.ts";
import { renderPlanSvg } from "../render/plan-svg.ts";
import { renderPlanText } from "../render/plan-text.ts";
import { durationBetween, integer, type Kind } from "../settings/kinds.ts";
import { loadSettings } from "../wiring/load-settings.ts";
import type { CommandResult, Runtime } from "../wiring/runtime.ts";

const usualLogonSpread = "1h";
/** Milliseconds after which a person wants to see that something happens. */
const noticeable = 1000;

/** Forecasts how long a rollout takes and which settings suit it; draws it with `--svg`. */
export function planCommand(runtime: Runtime, commandLine: CommandLine): CommandResult {
  const { flags } = commandLine;
  const { settings } = loadSettings(runtime, commandLine);
  if (flags["devices"] === undefined)
    throw new AgentError("invalid-value", "plan needs the number of devices: --devices N");
  const input: PlanInput = {
    devices: accepted("--devices", flags["devices"], integer(1, maxDevices, "devices")),
    rateLimit: settings.rateLimit,
    logonSpread: accepted(
      "--logon-spread",
      flags["logon-spread"] ?? usualLogonSpread,
      durationBetween(duration("0s"), duration("30d")),
    ),
    tokenCalls: flags["token-calls"] === true,
    splay: settings.splay,
  };
  const line = liveLineOf(runtime);
  const started = runtime.clock.monotonic();
  const result = plan(input, (choice) => {
    if (runtime.clock.monotonic() - started > noticeable) line?.show(`simulating ${choice}`);
  });
  line?.erase();
  const text = renderPlanText(result, runtime.resultWidth());
  const { svg } = flags;
  if (typeof svg !== "string") return { exitCode: 0, document: result, text };
  writePicture(svg, renderPlanSvg(result));
  return { exitCode: 0, document: result, text: `${text}\nDrawn into ${printable(svg)}.` };
}

function accepted<T>(flag: string, value: string | true, kind: Kind<T>): T {
  const parsed = kind.parse(value);
  if (parsed.ok) return parsed.value;
  throw new AgentError("invalid-value", `flag ${flag}: "${value}" is not valid; it must be ${parsed.allowed}.`);
}

function writePicture(path: string, svg: string): void {
  try {
    writeFileSync(path, svg);
  } catch (cause) {
    const message = `--svg: ${path} can't be written: ${whyNot(cause)}.${pathHint(cause)}`;
    throw new AgentError("invalid-value", message, { cause });
  }
}

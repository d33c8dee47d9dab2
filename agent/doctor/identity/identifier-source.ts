import type { Source } from "../../identity/device/candidates.ts";
import type { Survey } from "../../identity/survey.ts";
import type { Finding } from "../check.ts";
import type { Observation } from "./observe.ts";
import type { SeenSurvey } from "./survey.ts";

/** If one source has nothing, another may, so nothing fails here; `identifier` sums up. */
export function checkIds(
  source: Source,
  device: Survey["device"],
  observation: Observation | undefined,
  elapsedMs: number,
): Finding {
  if (observation === undefined) return leftOut;
  const own = device.candidates.find((one) => one.source === source);
  if (own !== undefined) return { status: "ok", detail: `${own.value}, ${own.detail}`, elapsedMs };
  const passedOver = device.passedOver.filter((one) => one.source === source);
  const problem = passedOver.find(({ failed }) => failed);
  if (problem !== undefined) return { status: "warn", detail: problem.reason, elapsedMs };
  const reasons = new Set(passedOver.map(({ reason }) => reason));
  return { status: "skip", detail: [...reasons].join("; ") || "none", elapsedMs };
}

export const leftOut: Finding = { status: "skip", detail: "the setting identify leaves it out" };

export function checkHardwareIds({ survey: { device }, observed }: SeenSurvey): Finding {
  return checkIds("hwid", device, observed.of("hardwareIds"), observed.elapsed("hardwareIds"));
}

import type { Source } from "../../identity/device/candidates.ts";
import type { Finding } from "../check.ts";
import type { SurveyLookUp } from "./observe.ts";
import type { SeenSurvey } from "./survey.ts";

/** If one source has nothing, another may, so nothing fails here; `identifier` sums up. */
export function checkIds(
  source: Source,
  { survey: { device }, observed }: SeenSurvey,
  ...lookUps: readonly SurveyLookUp[]
): Finding {
  if (lookUps.every((one) => observed.of(one) === undefined)) return leftOut;
  const elapsedMs = observed.elapsed(...lookUps);
  const own = device.candidates.find((one) => one.source === source);
  if (own !== undefined) return { status: "ok", detail: `${own.value}, ${own.detail}`, elapsedMs };
  const passedOver = device.passedOver.filter((one) => one.source === source);
  const problem = passedOver.find(({ failed }) => failed);
  if (problem !== undefined) return { status: "warn", detail: problem.reason, elapsedMs };
  const reasons = new Set(passedOver.map(({ reason }) => reason));
  return { status: "skip", detail: [...reasons].join("; ") || "none", elapsedMs };
}

export const leftOut: Finding = { status: "skip", detail: "the setting identify leaves it out" };

export const checkHardwareIds = (seen: SeenSurvey): Finding => checkIds("hwid", seen, "hardwareIds");

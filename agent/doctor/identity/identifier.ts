import type { Finding } from "../check.ts";
import type { SeenSurvey } from "./survey.ts";

/** Under which identifiers the API is asked. */
export function checkIdentifier({ survey: { device, problems } }: SeenSurvey): Finding {
  const [first, ...others] = device.candidates;
  if (first !== undefined) {
    const kind = first.opt === 0 ? "MAC address" : "HWID";
    const rest = others.length === 0 ? "no other" : `then ${others.length} more`;
    return { status: "ok", detail: `${kind} ${first.value}, ${rest}` };
  }
  const [error] = problems;
  return error === undefined ? { status: "skip", detail: "none was looked for" } : { status: "fail", error };
}

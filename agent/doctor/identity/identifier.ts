import { detachableAdapter } from "../../identity/device/adapter-rank.ts";
import type { Finding } from "../check.ts";
import type { SeenSurvey } from "./survey.ts";

/**
 * Shows the identifiers for the API, and whether the tenant had a device with one of them.
 * @param unknown identifiers with which earlier runs found no device there
 */
export function checkIdentifier(
  { survey: { device, problems } }: SeenSurvey,
  unknown: readonly string[] = [],
): Finding {
  const [first, ...others] = device.candidates;
  if (first !== undefined && device.candidates.every(({ value }) => unknown.includes(value))) {
    const values = device.candidates.map(({ value }) => value).join(", ");
    const detail = `No device in this tenant had these identifiers at the last run: ${values}`;
    return { status: "warn", detail, advice: "compare them with the device's page in the console of this tenant" };
  }
  if (first !== undefined) {
    const kind = first.opt === 0 ? "MAC address" : "HWID";
    const rest = others.length === 0 ? "no other" : `then ${others.length} more`;
    const from = first.detachable ? ` of a ${detachableAdapter}` : "";
    return { status: "ok", detail: `${kind} ${first.value}${from}, ${rest}` };
  }
  const [error] = problems;
  return error === undefined ? { status: "skip", detail: "not looked up" } : { status: "fail", error };
}

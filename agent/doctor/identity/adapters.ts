import { detachableAdapter } from "../../identity/device/adapter-rank.ts";
import type { Candidate } from "../../identity/device/candidates.ts";
import type { Finding } from "../check.ts";
import { leftOut } from "./identifier-source.ts";
import type { SeenSurvey } from "./survey.ts";

export function checkAdapters({ survey: { device }, observed }: SeenSurvey): Finding {
  const observation = observed.of("adapters");
  if (observation === undefined) return leftOut;
  const { elapsedMs } = observation;
  const [best, ...others] = device.candidates.filter(({ source }) => source === "mac");
  const passedOver = device.passedOver.filter(({ source }) => source === "mac");
  if (best === undefined) {
    const why = passedOver.map(({ detail, reason }) => `${detail}: ${reason}`).join("; ");
    return { status: "warn", detail: `none can be used (${why || "there are none"})`, elapsedMs };
  }
  const more = [
    ...(others.length > 0 ? [`then ${others.map(adapterOf).join(", ")}`] : []),
    ...(passedOver.length > 0 ? [`${passedOver.length} skipped`] : []),
  ];
  return { status: "ok", detail: [`${adapterOf(best)} ${best.value}`, ...more].join("; "), elapsedMs };
}

const adapterOf = ({ detail, detachable }: Candidate): string =>
  detachable ? `${detail} (${detachableAdapter})` : detail;

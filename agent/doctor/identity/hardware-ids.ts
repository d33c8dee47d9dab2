import type { Finding } from "../check.ts";
import { checkIds } from "./identifier-source.ts";
import type { SeenSurvey } from "./survey.ts";

export function checkHardwareIds({ survey: { device }, observed }: SeenSurvey): Finding {
  return checkIds("hwid", device, observed.of("hardwareIds"), observed.elapsed("hardwareIds"));
}

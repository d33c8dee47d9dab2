import type { Finding } from "../check.ts";
import { checkIds } from "./identifier-source.ts";
import type { SeenSurvey } from "./survey.ts";

export function checkVendorClient({ survey: { device }, observed }: SeenSurvey): Finding {
  const finding = checkIds(
    "opswat",
    device,
    observed.of("vendorDeviceId"),
    observed.elapsed("vendorClient", "vendorDeviceId"),
  );
  const [api] = observed.of("vendorClient")?.readings ?? [];
  const isOff = api?.kind === "absent" && observed.platform.vendorClientInstalled?.() === true;
  if (!isOff || finding.status === "fail") return finding;
  return { ...finding, detail: `client installed, local API off (${api.reason}); ${finding.detail}` };
}

import type { Finding } from "../check.ts";
import { checkIds } from "./identifier-source.ts";
import type { SeenSurvey } from "./survey.ts";

export function checkVendorClient(seen: SeenSurvey): Finding {
  const { observed } = seen;
  const finding = checkIds("opswat", seen, "vendorDeviceId", "vendorClient");
  const [api] = observed.of("vendorClient")?.readings ?? [];
  const isOff = api?.kind === "absent" && observed.platform.vendorClientInstalled?.() === true;
  if (!isOff || finding.status === "fail") return finding;
  return { ...finding, detail: `client installed, local API off (${api.reason}); ${finding.detail}` };
}

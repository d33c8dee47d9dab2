import type { Finding } from "../check.ts";
import { checkIds } from "./identifier-source.ts";
import type { SeenSurvey } from "./survey.ts";

/** The device ID of the vendor's client, by its local API or where it keeps it. */
export function checkVendorClient({ survey: { device }, observed }: SeenSurvey): Finding {
  return checkIds("opswat", device, observed.of("vendorDeviceId"), observed.elapsed("vendorClient", "vendorDeviceId"));
}

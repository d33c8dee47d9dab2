import { describeCertificate } from "../../settings/client-certificate.ts";
import type { ResolvedSettings } from "../../settings/layers.ts";
import { settingFile } from "../../settings/named-file.ts";
import { clientCertificate } from "../../wiring/network/load-client-certificate.ts";
import type { Finding } from "../check.ts";
import type { DoctorContext } from "../context.ts";

/**
 * Checks that the device's certificate is valid and fits its key, which others can't read; undefined if none is set.
 */
export function checkClientCertificate(context: DoctorContext, resolved: ResolvedSettings): Finding | undefined {
  const certFile = settingFile("clientCertFile", resolved, context.platform);
  if (certFile === undefined) return undefined;
  clientCertificate(context, resolved)?.();
  const { name, until, warning } = describeCertificate(certFile, context.clock.now());
  if (warning !== undefined) return { status: "warn", detail: warning, advice: `renew ${certFile.path}` };
  return { status: "ok", detail: `${name}, until ${until}`, value: true };
}

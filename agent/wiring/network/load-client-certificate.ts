import { asAgentError } from "../../errors.ts";
import type { Log } from "../../log.ts";
import {
  type ClientCertificate,
  describeCertificate,
  readClientCertificate,
} from "../../settings/client-certificate.ts";
import type { ResolvedSettings } from "../../settings/layers.ts";
import { type SettingFile, settingFile } from "../../settings/named-file.ts";
import type { Runtime } from "../runtime.ts";

/** The certificate's faults; its key is not read, because a dry run may lack the rights. */
export function certificateProblems(certFile: SettingFile | undefined, now: number): readonly string[] {
  if (certFile === undefined) return [];
  try {
    const { warning } = describeCertificate(certFile, now);
    return warning === undefined ? [] : [warning];
  } catch (thrown) {
    return [asAgentError(thrown).message];
  }
}

/**
 * Reads this device's certificate when it is asked for; undefined if the settings name none.
 * @param log is warned of one that has expired
 */
export function clientCertificate(
  { platform, clock }: Pick<Runtime, "platform" | "clock">,
  resolved: ResolvedSettings,
  log?: Log,
): (() => ClientCertificate) | undefined {
  const certFile = settingFile("clientCertFile", resolved, platform);
  const keyFile = settingFile("clientKeyFile", resolved, platform);
  if (certFile === undefined || keyFile === undefined) return undefined;
  return () => {
    const certificate = readClientCertificate(certFile, keyFile, (path) => platform.readProtected(path));
    const { warning } = describeCertificate(certFile, clock.now());
    if (warning !== undefined) log?.warn("client-certificate", warning);
    return certificate;
  };
}

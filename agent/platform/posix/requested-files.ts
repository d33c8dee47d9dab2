import type { InstallRequest, InstallStep, Paths } from "../port.ts";
import { fileStep } from "./file-steps.ts";

/** The files of an installation: settings that all may read, and the credential, which is root's alone. */
export function requestedFiles(
  { settings, credential }: InstallRequest,
  { configFile, credentialFile }: Pick<Paths, "configFile" | "credentialFile">,
): readonly InstallStep[] {
  const steps: InstallStep[] = [];
  if (settings !== undefined) steps.push(fileStep("settings file", configFile, { text: settings, mode: 0o644 }));
  if (credential !== undefined) {
    steps.push(fileStep("credential", credentialFile, { text: credential.reveal(), mode: 0o600 }));
  }
  return steps;
}

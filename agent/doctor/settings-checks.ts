import { AgentError } from "../errors.ts";
import type { Platform } from "../platform/port.ts";
import { certificateWarning, describeCertificate } from "../settings/client-certificate.ts";
import { type Credentials, findCredentials } from "../settings/credentials.ts";
import type { LayerKind, ResolvedSettings } from "../settings/layers.ts";
import type { SettingFile } from "../settings/named-file.ts";
import { type Settings, settingNames } from "../settings/table.ts";
import { describeIgnored } from "../settings/trusted-environment.ts";
import type { Finding } from "./report.ts";

/** With whose rights this run looks; those of the trigger's run may be others. */
export function checkRights({ privileged, name }: Pick<Platform, "privileged" | "name">): Finding {
  const administrator = name === "windows" ? "an administrator" : "root";
  if (privileged) return { status: "ok", detail: `runs as ${administrator}` };
  const advice = name === "windows" ? "run it from an elevated prompt" : "sudo linkuser-agent doctor";
  return { status: "warn", detail: "runs as a plain user; the trigger may see other things", advice };
}

/** The administrator's policy, as far as it can be read. */
export function checkPolicy(platform: Pick<Platform, "policy">): Finding {
  const policy = platform.policy();
  if (policy.kind === "failed") return { status: "fail", error: policy.error };
  if (policy.kind === "absent") return { status: "ok", detail: `none (${policy.origin})`, value: true };
  const count = Object.keys(policy.value.values).length;
  return { status: "ok", detail: `${settings(count)} from ${policy.value.origin}`, value: true };
}

/** @param load reads all layers; throws where one has a mistake */
export function checkSettings(load: () => ResolvedSettings): Finding<ResolvedSettings> {
  const value = load();
  const kinds: readonly LayerKind[] = ["policy", "flag", "environment", "file"];
  const set = kinds
    .map((kind) => ({ kind, names: settingNames.filter((name) => value.origins[name].kind === kind) }))
    .filter(({ names }) => names.length > 0)
    .map(({ kind, names }) => `${kind}: ${names.join(", ")}`);
  const detail = set.length === 0 ? "all at their defaults" : set.join("; ");
  return { status: "ok", detail, value };
}

const settings = (count: number): string => (count === 1 ? "1 setting" : `${count} settings`);

interface CredentialParts {
  readonly auth: Settings["auth"];
  readonly clientId: string | undefined;
  readonly credentialFile: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly platform: Pick<Platform, "readProtected">;
}

/** That there is a credential, in the form that it must have, and that others can't read it. */
export function checkCredential(parts: CredentialParts): Finding<Credentials> {
  const { auth, clientId, credentialFile, environment, platform } = parts;
  const value = findCredentials({
    auth,
    clientId,
    environment,
    credentialFile,
    readFile: (path) => platform.readProtected(path),
  });
  if (value.kind === "none") return { status: "ok", detail: "none needed: auth is none, the gateway adds it", value };
  const what = value.kind === "token" ? "access token" : "secret";
  const where = value.origin === credentialFile ? `in ${credentialFile}, protected` : `from the ${value.origin}`;
  return { status: "ok", detail: `${what} ${where}`, value };
}

/**
 * That the device's certificate has its key, which others can't read, and is valid.
 * @param read throws where there is something wrong with either
 * @param now wall-clock milliseconds
 */
export function checkClientCertificate(certFile: SettingFile, read: (() => unknown) | undefined, now: number): Finding {
  read?.();
  const certificate = describeCertificate(certFile);
  const warning = certificateWarning(certificate, now);
  if (warning !== undefined) return { status: "warn", detail: warning, advice: `renew ${certFile.path}` };
  const until = new Date(certificate.validTo).toISOString().slice(0, 10);
  return { status: "ok", detail: `${certificate.name}, until ${until}`, value: true };
}

/** Variables that the operating system's loader obeys before this program can look at them. */
const loaderVariables = /^(?:LD_(?:PRELOAD|LIBRARY_PATH|AUDIT)|DYLD_(?:INSERT_LIBRARIES|LIBRARY_PATH|FRAMEWORK_PATH))$/;
/** Variables of Node that have no effect on the executables. */
const withoutEffect: readonly string[] = ["NODE_EXTRA_CA_CERTS", "NODE_TLS_REJECT_UNAUTHORIZED"];

/**
 * Variables by which somebody may expect, or try, to change code, trust or destination. Their values are not shown.
 * @param environment with what the run ignores, unless it is in `ignored`
 */
export function checkEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  ignored: readonly string[],
  privileged: boolean,
): Finding {
  const set = Object.keys(environment).filter((name) => environment[name]);
  const loaders = privileged ? set.filter((name) => loaderVariables.test(name)) : [];
  const without = set.filter((name) => withoutEffect.includes(name));
  const notes: string[] = [];
  if (loaders.length > 0) notes.push(`${loaders.join(", ")} can change the code of this run`);
  const left = describeIgnored(ignored);
  if (left !== undefined) notes.push(left);
  if (without.length > 0) notes.push(`without effect: ${without.join(", ")}`);
  if (notes.length === 0) return { status: "ok", detail: "nothing is ignored, nothing can change the code" };
  return { status: "warn", detail: notes.join("; "), advice: environmentAdvice(loaders, ignored) };
}

function environmentAdvice(loaders: readonly string[], ignored: readonly string[]): string {
  if (loaders.length > 0) return `unset ${loaders.join(" ")}`;
  if (ignored.some((name) => name.startsWith("LINKUSER_")))
    return "put it into the settings file, or give it as a flag";
  if (ignored.some((name) => /proxy/i.test(name))) return "if a proxy is needed, name it in the setting proxy";
  return "name further CAs in the setting caFile";
}

/**
 * Whether something starts this program at a logon, with settings that serve it there; `skip` where the platform can't
 * tell.
 * @param settings of that run; undefined where they can't be told
 */
export function checkTrigger(
  { trigger, unusableForTrigger }: Pick<Platform, "trigger" | "unusableForTrigger">,
  settings: ResolvedSettings | undefined,
): Finding {
  const reading = trigger?.();
  if (reading === undefined) return { status: "skip", detail: "can't be told on this system" };
  if (reading.kind === "found") {
    const error = settings && unusableForTrigger?.(settings);
    return error === undefined ? { status: "ok", detail: reading.value } : { status: "fail", error };
  }
  if (reading.kind === "failed") return { status: "fail", error: reading.error };
  const detail = `a logon starts nothing: ${reading.reason}`;
  return { status: "warn", detail, advice: "install the package, or run linkuser-agent install" };
}

/** Whether the calls into the system's libraries do what they should. */
export async function checkBindings(selfTest: NonNullable<Platform["selfTest"]>): Promise<Finding> {
  const parts = await selfTest();
  const broken = parts.filter(({ problem }) => problem !== undefined);
  if (broken.length === 0) return { status: "ok", detail: `${parts.length} calls into the system's libraries` };
  const problems = broken.map(({ part, problem }) => `${part} (${problem})`).join("; ");
  return { status: "fail", error: new AgentError("internal", `Calls into the system's libraries fail: ${problems}.`) };
}

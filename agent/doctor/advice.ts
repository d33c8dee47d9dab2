import { flagText } from "../cli/command-line.ts";
import type { AgentError, ErrorCode } from "../errors.ts";
import { shellWord } from "../printable.ts";
import { effectivePaths } from "../wiring/load-settings.ts";
import type { CheckValues, DoctorContext } from "./context.ts";
import { hostAndPort, peerOf } from "./network/peer.ts";

export type AdviceFacts = ReturnType<typeof factsOf>;

type Advice = (facts: AdviceFacts) => string | undefined;

export function factsOf(
  { platform, commandLine }: Pick<DoctorContext, "platform" | "commandLine">,
  { settings: resolved, proxy }: Pick<CheckValues, "settings" | "proxy">,
) {
  const { name, privileged, paths } = platform;
  const { credentialFile } = resolved === undefined ? paths : effectivePaths(platform, resolved.settings);
  const baseUrl = resolved?.settings.baseUrl;
  const peer = baseUrl === undefined || proxy === undefined ? undefined : peerOf(baseUrl, proxy);
  const configFile = flagText(commandLine.flags["config"]);
  // At its default place `install` puts it.
  const ownCredential = credentialFile === paths.credentialFile ? undefined : credentialFile;
  return { platform: name, privileged, credentialFile: ownCredential, baseUrl, configFile, peer };
}

/** By the error's code: a command if there is one; undefined if the message says it all. */
export function nextStep({ code, remedy, place }: AgentError, facts: AdviceFacts): string | undefined {
  // If a proxy, or a server behind it, does not answer: check the direct connection.
  const behindProxy = facts.peer?.proxy !== undefined && (place?.party === "proxy" || place?.stage === "handshake");
  if (behindProxy && unreachedCodes.includes(code)) return "linkuser-agent doctor --proxy none";
  return remedy ?? advice[code]?.(facts);
}

const unreachedCodes: readonly ErrorCode[] = ["name-not-resolved", "not-connected", "connection-lost"];

/** As the run by the trigger would see it. */
const withRights: Advice = ({ platform }) =>
  platform === "windows" ? "run linkuser-agent doctor as administrator" : "sudo linkuser-agent doctor";

const afterCorrection: Advice = ({ configFile }) =>
  `correct it, then run linkuser-agent config${configFile === undefined ? "" : ` --config ${shellWord(configFile)}`}`;

/** @param session `:` for curl to log on at the proxy with this session's account, unless it gets a user name */
function tryTenant({ baseUrl, peer }: AdviceFacts, session?: ":"): string | undefined {
  const user = peer?.hasLogin ? "NAME" : session;
  if (baseUrl === undefined) return undefined;
  const logOn = user === undefined ? "" : ` --proxy-anyauth --proxy-user ${user}`;
  const proxy = peer?.proxy === undefined ? "" : ` --proxy ${peer.proxy}${logOn}`;
  return `curl --include${proxy} ${baseUrl}/o/oauth/token`;
}

/** Windows has no openssl; the check itself names the issuer. */
const showChain: Advice = ({ platform, baseUrl, peer }) => {
  if (platform === "windows" || baseUrl === undefined || peer === undefined) return undefined;
  const tenant = hostAndPort(baseUrl);
  const proxy = peer.proxy === undefined ? "" : ` -proxy ${peer.host}:${peer.port}`;
  return `openssl s_client -showcerts${proxy} -connect ${tenant.host}:${tenant.port} </dev/null`;
};

/** After exit code 68 by the API's word. */
export const unknownDeviceAdvice =
  "check in the console that the vendor's client reports to this tenant (baseUrl) and to this credential's account, and that Privacy settings let it report MAC addresses";

const putCredential: Advice = ({ platform, credentialFile }) => {
  if (platform === "windows") return "linkuser-agent install --credential-from FILE";
  if (credentialFile === undefined) return "sudo linkuser-agent install --credential-from FILE";
  return `sudo install -D -m 600 FILE ${shellWord(credentialFile)}`;
};

/** A code without an entry has a message that says it all. */
const advice: Readonly<Partial<Record<ErrorCode, Advice>>> = {
  "invalid-value": () => "correct the flag, then run this again",
  "setting-invalid": afterCorrection,
  "setting-unknown": afterCorrection,
  "settings-unreadable": afterCorrection,

  "credentials-missing": putCredential,
  "credentials-unreadable": (facts) => (facts.privileged ? undefined : withRights(facts)),
  // The message says where the right ones are.
  "credentials-refused": putCredential,

  "device-not-found": () => unknownDeviceAdvice,
  "no-identifier": () => "linkuser-agent --dry-run",
  "identity-unreadable": () => "linkuser-agent --dry-run --log-level debug",

  "name-not-resolved": ({ platform, peer }) =>
    peer === undefined
      ? undefined
      : platform === "windows"
        ? `nslookup ${peer.host}`
        : platform === "macos"
          ? `dscacheutil -q host -a name ${peer.host}`
          : `getent ahosts ${peer.host}`,
  "not-connected": tryTenant,
  "proxy-refused": (facts) => tryTenant(facts, ":"),
  "connection-lost": tryTenant,
  "no-answer": tryTenant,
  "server-error": () => "run this again in a few minutes; if it persists, report it to the vendor",
  "tls-untrusted": showChain,
  intercepted: tryTenant,
  redirected: tryTenant,
  "not-json": tryTenant,
  "unexpected-answer": tryTenant,
  "answer-too-large": tryTenant,

  internal: () => "linkuser-agent doctor --bundle FILE, and report it with that file",
};

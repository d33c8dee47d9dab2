import type { AgentError, ErrorCode } from "../errors.ts";
import type { Platform } from "../platform/port.ts";
import { shellWord } from "../printable.ts";
import { hostAndPort, type Peer } from "./peer.ts";
import type { Adviser } from "./report.ts";

/** What a command has to name; some of it becomes known in the course of the checks. */
export interface AdviceFacts {
  readonly platform: Platform["name"];
  readonly privileged: boolean;
  credentialFile: string;
  /** The tenant's address. */
  baseUrl: string | undefined;
  /** The host that this machine itself connects to: the tenant's or the proxy's. */
  peer: Peer | undefined;
}

type Advice = (facts: AdviceFacts) => string | undefined;

/** Gives the next step, a command where there is one, by the error's code. */
export function createAdviser(facts: AdviceFacts): Adviser {
  return ({ code, remedy }: AgentError) => remedy ?? advice[code]?.(facts);
}

/** As the run by the trigger would see it. */
const withRights: Advice = ({ platform }) =>
  platform === "windows" ? "run linkuser-agent doctor as administrator" : "sudo linkuser-agent doctor";

const afterCorrection: Advice = () => "correct it, then run linkuser-agent config";

const tryTenant: Advice = ({ baseUrl, peer }) => {
  if (baseUrl === undefined) return undefined;
  const proxy = peer?.proxy === undefined ? "" : ` --proxy ${peer.proxy}`;
  return `curl --include${proxy} ${baseUrl}/o/oauth/token`;
};

/** Windows has no openssl; the check itself tells the issuer. */
const showChain: Advice = ({ platform, baseUrl, peer }) => {
  if (platform === "windows" || baseUrl === undefined || peer === undefined) return undefined;
  const tenant = hostAndPort(baseUrl);
  const proxy = peer.proxy === undefined ? "" : ` -proxy ${peer.host}:${peer.port}`;
  return `openssl s_client -showcerts${proxy} -connect ${tenant.host}:${tenant.port} </dev/null`;
};

const checkRegistration: Advice = () => "compare both with the OAuth application in the console";

const putCredential: Advice = ({ platform, credentialFile }) => {
  if (platform === "windows") return "linkuser-agent install --credential-from FILE";
  if (platform === "macos") return "sudo linkuser-agent install --credential-from FILE";
  return `sudo install -D -m 600 FILE ${shellWord(credentialFile)}`;
};

/** Where a code has none its message says it all. */
const advice: Readonly<Partial<Record<ErrorCode, Advice>>> = {
  "setting-invalid": afterCorrection,
  "setting-unknown": afterCorrection,
  "settings-unreadable": afterCorrection,

  "credentials-missing": putCredential,
  "credentials-unreadable": (facts) => (facts.privileged ? undefined : withRights(facts)),
  "credentials-refused": checkRegistration,

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
  "proxy-refused": tryTenant,
  "connection-lost": tryTenant,
  "no-answer": tryTenant,
  "server-error": () => "run this again in a few minutes; if it stays, tell the vendor",
  "tls-untrusted": showChain,
  intercepted: tryTenant,
  redirected: tryTenant,
  "not-json": tryTenant,
  "unexpected-answer": tryTenant,
  "answer-too-large": tryTenant,

  internal: () => "linkuser-agent doctor --bundle FILE, and report it with that file",
};

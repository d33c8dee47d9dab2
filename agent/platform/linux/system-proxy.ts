import { join } from "node:path";
import { AgentError, asAgentError } from "../../errors.ts";
import type { Trust } from "../../files/trusted-path.ts";
import type { SystemProxy } from "../../network/proxy/choice.ts";
import { byVariables, variableFor } from "../../network/proxy/variables.ts";
import { absent, failed, found, type Reading } from "../../reading.ts";
import { readTrusted } from "../posix/protected-files.ts";
import { proxyFiles } from "./paths.ts";

/**
 * The proxy in the files in which distributions keep it for the whole system: /etc/environment (pam_env(8), Debian and
 * most others), which systemd gives to no service, and /etc/sysconfig/proxy (SUSE). A file that users other than root
 * and this one may change is ignored.
 */
export function readSystemProxy(root: string, trust: Trust, url: URL): Reading<SystemProxy> {
  for (const path of proxyFiles) {
    const reading = fromFile(join(root, path), trust, url, readers[path]);
    if (reading.kind !== "absent") return reading;
  }
  return absent("/etc/environment", `no ${variableFor(url)}`);
}

const readers: Readonly<Record<(typeof proxyFiles)[number], (text: string) => Variables>> = {
  "etc/environment": parsePamEnvironment,
  "etc/sysconfig/proxy": enabledVariables,
};

type Variables = Readonly<Record<string, string>>;

function fromFile(path: string, trust: Trust, url: URL, read: (text: string) => Variables): Reading<SystemProxy> {
  const unusable = (why: string, cause?: unknown): Reading<never> =>
    failed(path, new AgentError("settings-unreadable", `The proxy in ${path} is not used: ${why}.`, { cause }));
  const file = readTrusted(path, trust);
  if (file.kind === "absent") return file;
  if (file.kind === "failed") return unusable(file.error.finding.replace(/\.$/, ""), file.error);
  try {
    // Other lines may be in any encoding; a URL is ASCII.
    const choice = byVariables(read(file.value.toString("latin1")), url);
    if (choice === undefined) return absent(path, `no ${variableFor(url)}`);
    return found({ routes: [choice.route] }, `${path}: ${choice.reason}`);
  } catch (cause) {
    return unusable(asAgentError(cause).message.replace(/\.$/, ""), cause);
  }
}

/**
 * Lines of `NAME=value` as pam_env reads /etc/environment: the name may follow `export`, everything from `#` on is a
 * comment even inside quotes, and quotes are removed if the value begins with one. The last one of a name counts.
 */
export function parsePamEnvironment(text: string): Variables {
  const variables: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const [, name, value = ""] = /^\s*(?:export\s+)?(\w+)=(.*)$/.exec(line.replace(/#.*/, "").trimEnd()) ?? [];
    if (name !== undefined) variables[name] = (/^["']/.test(value) ? unquoted(value) : value).trim();
  }
  return variables;
}

/** A quote that is the last character ends the value; others inside it stay. */
const unquoted = (value: string): string => value.slice(1).replace(/["']$/, "");

/** Lines of `NAME="value" # comment`, as a shell reads them; the last one of a name counts. */
export function parseShellVariables(text: string): Variables {
  const variables: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const [, name, value = ""] = /^\s*(?:export\s+)?([A-Za-z_]\w*)=(.*)$/.exec(line) ?? [];
    const [, , quoted, bare] = /^(?:(["'])(.*?)\1|([^\s#;]*))/.exec(value) ?? [];
    if (name !== undefined) variables[name] = (quoted ?? bare ?? "").trim();
  }
  return variables;
}

/** With `PROXY_ENABLED="no"` the other variables are ignored. */
function enabledVariables(text: string): Variables {
  const variables = parseShellVariables(text);
  return variables["PROXY_ENABLED"]?.toLowerCase() === "no" ? {} : variables;
}

import { AgentError } from "../errors.ts";
import { type ProxyLogin, proxyLogin } from "../network/proxy/address.ts";
import { printable } from "../printable.ts";
import type { Reading } from "../reading.ts";
import { Secret } from "../secret.ts";
import { type JsonObject, parseJsonObject } from "./json-object.ts";
import { nearest } from "./nearest.ts";
import type { Settings } from "./table.ts";

/** Credentials for the API: a client that gets its own tokens, a ready token, or none. */
export type Credentials =
  | { readonly kind: "client"; readonly clientId: string; readonly clientSecret: Secret; readonly origin: string }
  | { readonly kind: "token"; readonly accessToken: Secret; readonly origin: string }
  /** A gateway adds them. */
  | { readonly kind: "none" };

export function secretsOf(credentials: Credentials): readonly Secret[] {
  if (credentials.kind === "none") return [];
  return [credentials.kind === "token" ? credentials.accessToken : credentials.clientSecret];
}

/**
 * Finds the credentials: environment first, then the protected file. A client ID in the settings wins over the file's.
 * @throws AgentError `credentials-missing`, `credentials-unreadable`, `credentials-exposed`, `credentials-invalid`
 */
export function findCredentials(
  { auth, clientId }: Pick<Settings, "auth" | "clientId">,
  environment: Readonly<Record<string, string | undefined>>,
  credentialFile: string,
  readFile: (path: string) => Reading<string>,
): Credentials {
  if (auth !== "auto") return { kind: "none" };
  const token = environment["LINKUSER_ACCESS_TOKEN"];
  if (token) return { kind: "token", accessToken: usable(token, "LINKUSER_ACCESS_TOKEN"), origin: "environment" };
  const secret = environment["LINKUSER_CLIENT_SECRET"];
  if (secret) return client(clientId, usable(secret, "LINKUSER_CLIENT_SECRET"), "environment");

  const file = readFile(credentialFile);
  if (file.kind === "failed") throw file.error;
  if (file.kind === "absent") {
    throw new AgentError(
      "credentials-missing",
      `No credentials: ${credentialFile} does not exist. Put ${wanted} there, readable only by administrators, or set LINKUSER_CLIENT_SECRET or LINKUSER_ACCESS_TOKEN.`,
    );
  }
  return parseCredentials(file.value, credentialFile, clientId);
}

const wanted = '{"clientId": …, "clientSecret": …} or {"accessToken": …}';
const known = ["clientId", "clientSecret", "accessToken", "proxyUsername", "proxyPassword"];

/**
 * @param path names the file in messages; its content never appears in one
 * @throws AgentError `credentials-invalid`, `credentials-missing`
 */
export function parseCredentials(text: string, path: string, clientId: string | undefined): Credentials {
  const fields = fieldsOf(text, path);
  const unknown = Object.keys(fields).find((name) => !known.includes(name));
  if (unknown !== undefined) throw invalid(path, unknownField(unknown));
  parseProxyLogin(fields, path);
  if (fields["accessToken"] !== undefined) {
    if (fields["clientSecret"] !== undefined) throw invalid(path, "it has both accessToken and clientSecret");
    return { kind: "token", accessToken: usable(fields["accessToken"], `accessToken in ${path}`), origin: path };
  }
  if (fields["clientSecret"] === undefined) {
    throw invalid(path, `it has neither clientSecret nor accessToken; it must contain ${wanted}`);
  }
  const own = fields["clientId"];
  if (own !== undefined && (typeof own !== "string" || own === "")) throw invalid(path, "its clientId is not text");
  return client(clientId ?? own, usable(fields["clientSecret"], `clientSecret in ${path}`), path);
}

function client(clientId: string | undefined, clientSecret: Secret, origin: string): Credentials {
  if (clientId === undefined) {
    const message = `There is a client secret (${origin}) but no client ID: put clientId in the same place, or set it in the settings.`;
    throw new AgentError("credentials-missing", message);
  }
  return { kind: "client", clientId, clientSecret, origin };
}

/**
 * The log-on for a proxy, from `proxyUsername` and `proxyPassword` of the credential file; undefined if there are
 * none. A file that this user may not read is ignored: this run's credentials come from elsewhere.
 * @throws AgentError `credentials-exposed`, `credentials-invalid`
 */
export function findProxyLogin(path: string, readFile: (path: string) => Reading<string>): ProxyLogin | undefined {
  const file = readFile(path);
  if (file.kind === "found") return parseProxyLogin(fieldsOf(file.value, path), path);
  if (file.kind === "failed" && file.error.code === "credentials-exposed") throw file.error;
  return undefined;
}

/** @throws AgentError `credentials-invalid` */
function parseProxyLogin(fields: Readonly<Record<string, unknown>>, path: string): ProxyLogin | undefined {
  const { proxyUsername, proxyPassword } = fields;
  if (proxyUsername === undefined && proxyPassword === undefined) return undefined;
  if (proxyUsername === undefined) throw invalid(path, "it has proxyPassword without proxyUsername");
  if (proxyPassword === undefined) throw invalid(path, "it has proxyUsername without proxyPassword");
  const username = usable(proxyUsername, `proxyUsername in ${path}`, anyText).reveal();
  if (username.includes(":"))
    throw invalid(path, "its proxyUsername has a colon, which Basic authentication does not allow");
  const password = usable(proxyPassword, `proxyPassword in ${path}`, anyText).reveal();
  return proxyLogin(username, password, `the credential file ${path}`);
}

/** An unknown name without a similar known one is not shown: it may be a secret in the wrong place. */
function unknownField(name: string): string {
  const meant = nearest(name, known);
  if (meant === undefined) return `it has an unknown field; the known ones are ${known.join(", ")}`;
  return `it has the unknown field ${printable(name, 50)}; did you mean ${meant}`;
}

function fieldsOf(text: string, path: string): JsonObject {
  const parsed = parseJsonObject(text, (name) => known.includes(name));
  if ("value" in parsed) return parsed.value;
  throw invalid(path, `it ${parsed.fault}; it must contain ${wanted}`);
}

interface Form {
  readonly pattern: RegExp;
  readonly words: string;
}
const ascii: Form = { pattern: /^[\x20-\x7e]{1,8192}$/, words: "printable ASCII characters" };
const anyText: Form = { pattern: /^\P{C}{1,8192}$/u, words: "characters, none of them a control character" };

/** @param name of the field or variable, for the message */
function usable(value: unknown, name: string, { pattern, words } = ascii): Secret {
  if (typeof value !== "string" || !pattern.test(value)) {
    throw new AgentError("credentials-invalid", `${name} must be 1 to 8192 ${words}.`);
  }
  return new Secret(value);
}

function invalid(path: string, why: string): AgentError {
  return new AgentError("credentials-invalid", `The credential file ${path} can't be used: ${why}.`);
}

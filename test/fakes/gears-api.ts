import { randomBytes } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { type LimiterModel, makeLimiter } from "./limiter.ts";

interface Limit {
  readonly calls: number;
  readonly periodMs: number;
}

/** The limit's judgement of one call. */
interface Verdict {
  readonly accepted: boolean;
  /** Calls that would be accepted right after this one. */
  readonly remaining: number;
  /** When the limit gives something back, milliseconds since the epoch. */
  readonly resetAt: number;
}

/** How the account and its server are set up. Everything has a default: the one that the vendor documents. */
export interface GearsApiOptions {
  /** Path in front of the API's own, such as `/tenant`. Default: none. */
  readonly basePath?: string;
  readonly clientId?: string;
  readonly clientSecret?: string;
  /** A token that is valid without having been asked for, as an administrator's static token is. Default: none. */
  readonly staticToken?: string;
  /** How long an issued token is valid, in seconds. Default: 3600. */
  readonly tokenLifetime?: number;
  /** The devices that the server knows by MAC address or HWID. Default: it knows any. */
  readonly devices?: "any" | readonly string[];
  /** The status of "Device not found"; the vendor's page does not name it. Default: 200. */
  readonly unknownDeviceStatus?: 200 | 404;
  /** Default: 10 calls per minute. */
  readonly limit?: Limit;
  /** Default: `fixed-window`. */
  readonly limiter?: LimiterModel;
  /** Whether token calls count to the limit too. Default: false. */
  readonly tokenCallsCount?: boolean;
  /** What `X-RateLimit-Reset-Time` means: seconds from now, or seconds since the epoch. Default: `delay`. */
  readonly rateHeaders?: "delay" | "epoch" | "none";
  /** What a 429 carries in `Retry-After`. Default: none. */
  readonly retryAfter?: "seconds" | "date" | "none";
}

export interface GearsRequest {
  readonly method: string;
  /** Path and query as they were sent. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export type GearsEndpoint = "link_user" | "token" | "details" | "unknown";

/** The readable parts of a request; kept for tests even if it is refused. */
export interface AskedFor {
  readonly endpoint: GearsEndpoint;
  readonly method: string;
  /** Without the query, which holds the token. */
  readonly path: string;
  readonly device: string | undefined;
  readonly opt: string | undefined;
  readonly user: string | undefined;
  readonly group: string | undefined;
}

export interface GearsApi {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Every secret that this server knows or has given out: none may ever be seen outside a request. */
  readonly secrets: readonly string[];
  /** Devices that are linked, by MAC address or HWID. */
  readonly links: ReadonlyMap<string, { readonly user: string; readonly group: string | undefined }>;
  read(request: GearsRequest): AskedFor;
  /** @param now milliseconds since the epoch */
  answer(request: GearsRequest, now: number): Reply;
  /** Makes a token without a request for one. */
  issueToken(now: number): string;
  /** Makes every token invalid that was issued so far. */
  expireTokens(): void;
}

const maxBody = 16_384;
const mac = /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/;
const hwid = /^[0-9A-Za-z-]{1,64}$/;

/** The documented behaviour of Gears, without a network: one account, its tokens, its devices and its limit. */
export function createGearsApi(options: GearsApiOptions = {}): GearsApi {
  const { basePath = "", tokenLifetime = 3600, devices = "any", unknownDeviceStatus = 200 } = options;
  const clientId = options.clientId ?? "stand-in-client";
  const clientSecret = options.clientSecret ?? `secret-${randomBytes(12).toString("hex")}`;
  const limit = options.limit ?? { calls: 10, periodMs: 60_000 };
  const account = makeLimiter(options.limiter ?? "fixed-window", { calls: limit.calls, period: limit.periodMs });
  const limiter = (now: number): Verdict => {
    const accepted = account.accept(now);
    return { accepted, remaining: account.remaining(now), resetAt: Math.ceil(account.resetAt(now)) };
  };

  const secrets = [clientSecret];
  const tokens = new Map<string, { readonly expiresAt: number }>();
  const links = new Map<string, { user: string; group: string | undefined }>();
  if (options.staticToken !== undefined) {
    secrets.push(options.staticToken);
    tokens.set(options.staticToken, { expiresAt: Number.POSITIVE_INFINITY });
  }

  const tokenPath = `${basePath}/o/oauth/token`;
  const devicesPath = `${basePath}/o/api/v2/devices/`;
  const detailsPath = `${basePath}/o/api/v3.8/devices/detail`;

  function read({ method, target, body }: GearsRequest): AskedFor {
    const { path, query } = split(target);
    const nothing = { method, path, device: undefined, opt: undefined, user: undefined, group: undefined };
    if (path === tokenPath) return { ...nothing, endpoint: "token" };
    if (path === detailsPath) return { ...nothing, endpoint: "details" };
    const device = deviceIn(path, devicesPath);
    if (device === undefined) return { ...nothing, endpoint: "unknown" };
    const { username, group } = fields(body) ?? {};
    return {
      ...nothing,
      endpoint: "link_user",
      device,
      opt: query.get("opt") ?? undefined,
      user: typeof username === "string" ? username : undefined,
      group: typeof group === "string" ? group : undefined,
    };
  }

  function answer(request: GearsRequest, now: number): Reply {
    const { endpoint, device } = read(request);
    if (endpoint === "token") return token(request, now);
    if (device !== undefined) return withToken(request, now, (query) => register(request, query, device));
    if (endpoint === "details") return withToken(request, now, () => details(request));
    return failure(404, "Not found");
  }

  function withToken(request: GearsRequest, now: number, accepted: (query: URLSearchParams) => Reply): Reply {
    const { query } = split(request.target);
    const expiresAt = tokens.get(query.get("access_token") ?? "")?.expiresAt ?? 0;
    if (request.method !== "POST") return failure(405, "Method not allowed", { Allow: "POST" });
    if (expiresAt <= now) return failure(401, "The access token is invalid or has expired");
    const verdict = limiter(now);
    const limitHeaders = rateHeaders(verdict, now);
    if (!verdict.accepted) return failure(429, "Rate limit exceeded", { ...limitHeaders, ...retryAfter(verdict, now) });
    const reply = accepted(query);
    return { ...reply, headers: { ...reply.headers, ...limitHeaders } };
  }

  function register(request: GearsRequest, query: URLSearchParams, device: string): Reply {
    const refusal = refuseForm(request, "application/json");
    if (refusal !== undefined) return refusal;
    const sent = fields(request.body);
    if (sent === undefined) return failure(400, "The body is not a JSON object");
    const wrong = wrongQuery(query) ?? wrongDevice(device, query.get("opt")) ?? wrongFields(sent);
    if (wrong !== undefined) return failure(400, wrong);
    if (devices !== "any" && !devices.includes(device)) return failure(unknownDeviceStatus, "Device not found");
    links.set(device, { user: sent["username"] as string, group: sent["group"] as string | undefined });
    return json(200, { result: 1, msg: "OK" });
  }

  /** The vendor's page shows no answer: a record for each identifier that is known. */
  function details(request: GearsRequest): Reply {
    const refusal = refuseForm(request, "application/json");
    if (refusal !== undefined) return refusal;
    const ids = fields(request.body)?.["ids"];
    if (!Array.isArray(ids) || ids.length > 50) return failure(400, "ids must be a list of at most 50");
    const known = ids.filter((id) => devices === "any" || devices.includes(id));
    return json(
      200,
      known.map((id) => ({ device_id: mac.test(id) ? "0123456789abcdef" : id, system_info: { mac: [id] } })),
    );
  }

  function token(request: GearsRequest, now: number): Reply {
    if (request.method !== "POST") return failure(405, "Method not allowed", { Allow: "POST" });
    let counted = {};
    if (options.tokenCallsCount === true) {
      const verdict = limiter(now);
      counted = rateHeaders(verdict, now);
      const headers = { ...counted, ...retryAfter(verdict, now) };
      if (!verdict.accepted) return failure(429, "Rate limit exceeded", headers);
    }
    const refusal = refuseForm(request, "application/x-www-form-urlencoded");
    if (refusal !== undefined) return refusal;
    const form = new URLSearchParams(request.body);
    const one = (name: string) => (form.getAll(name).length === 1 ? form.get(name) : null);
    const grant = one("grant_type");
    if (grant === null) return oauthError(400, "invalid_request", "grant_type must be given once");
    if (grant !== "client_credentials") return oauthError(400, "unsupported_grant_type", grant);
    if (one("client_id") !== clientId || one("client_secret") !== clientSecret) {
      return oauthError(401, "invalid_client", "Bad client credentials");
    }
    const answered = { access_token: issueToken(now), token_type: "bearer", expires_in: tokenLifetime };
    return json(200, answered, { "Cache-Control": "no-store", ...counted });
  }

  function issueToken(now: number): string {
    const issued = `token-${randomBytes(16).toString("hex")}`;
    tokens.set(issued, { expiresAt: now + tokenLifetime * 1000 });
    secrets.push(issued);
    return issued;
  }

  function rateHeaders({ remaining, resetAt }: Verdict, now: number): Record<string, string> {
    if (options.rateHeaders === "none") return {};
    const reset = options.rateHeaders === "epoch" ? resetAt : resetAt - now;
    return {
      "X-RateLimit-Limit": String(limit.calls),
      "X-RateLimit-Remaining": String(remaining),
      "X-RateLimit-Reset-Time": String(Math.ceil(reset / 1000)),
    };
  }

  function retryAfter({ resetAt }: Verdict, now: number): Record<string, string> {
    if (options.retryAfter === "seconds") return { "Retry-After": String(Math.ceil((resetAt - now) / 1000)) };
    // An HTTP date has whole seconds: the one at or after the moment.
    if (options.retryAfter === "date") return { "Retry-After": new Date(resetAt + 999).toUTCString() };
    return {};
  }

  return {
    clientId,
    clientSecret,
    secrets,
    links,
    read,
    answer,
    issueToken,
    expireTokens: () => {
      for (const issued of tokens.keys()) if (issued !== options.staticToken) tokens.delete(issued);
    },
  };
}

function split(target: string): { path: string; query: URLSearchParams } {
  const mark = target.indexOf("?");
  if (mark === -1) return { path: target, query: new URLSearchParams() };
  return { path: target.slice(0, mark), query: new URLSearchParams(target.slice(mark + 1)) };
}

/** The device in `…/devices/{value}/link_user`, as it was sent. */
function deviceIn(path: string, devicesPath: string): string | undefined {
  const end = "/link_user";
  if (!path.startsWith(devicesPath) || !path.endsWith(end)) return undefined;
  const device = path.slice(devicesPath.length, -end.length);
  return device === "" || device.includes("/") ? undefined : device;
}

/** Size, media type and accepted type, which come before the content. */
function refuseForm({ headers, body }: GearsRequest, mediaType: string): Reply | undefined {
  if (Buffer.byteLength(body) > maxBody) return failure(413, "Request entity too large");
  const sentType = (headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase();
  if (sentType !== mediaType) return failure(415, `The media type must be ${mediaType}`);
  if (!/\*\/\*|application\/(?:\*|json)/.test(headers.accept ?? "*/*")) return failure(406, "Not acceptable");
  return undefined;
}

function fields(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function wrongQuery(query: URLSearchParams): string | undefined {
  for (const name of query.keys()) {
    if (name !== "opt" && name !== "access_token") return `The parameter ${name} is unknown`;
    if (query.getAll(name).length > 1) return `The parameter ${name} is given twice`;
  }
  return undefined;
}

function wrongDevice(device: string, opt: string | null): string | undefined {
  if (opt !== null && opt !== "0" && opt !== "1") return "opt must be 0 or 1";
  if (opt === "1") return hwid.test(device) ? undefined : "The HWID is malformed";
  return mac.test(device) ? undefined : "The MAC address is malformed";
}

function wrongFields(sent: Record<string, unknown>): string | undefined {
  for (const name of Object.keys(sent)) {
    if (name !== "username" && name !== "group") return `The field ${name} is unknown`;
  }
  if (!isName(sent["username"])) return "username must have 1 to 256 characters";
  if (Object.hasOwn(sent, "group") && !isName(sent["group"])) return "group must have 1 to 256 characters";
  return undefined;
}

const isName = (value: unknown): boolean => {
  const length = typeof value === "string" ? [...value].length : 0;
  return length >= 1 && length <= 256;
};

/** An answer in JSON. */
export function json(status: number, value: unknown, headers: Record<string, string> = {}): Reply {
  return { status, headers: { "Content-Type": "application/json", ...headers }, body: JSON.stringify(value) };
}

/** A failure of `link_user` in the documented shape. */
export function failure(status: number, msg: string, headers: Record<string, string> = {}): Reply {
  return json(status, { result: 0, msg }, headers);
}

/** A failure of the token endpoint (RFC 6749 5.2). */
export function oauthError(status: number, error: string, description: string): Reply {
  return json(status, { error, error_description: description });
}

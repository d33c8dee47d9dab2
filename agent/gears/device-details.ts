import { parseMac } from "../identity/mac.ts";
import { type ApiRequest, type RawResponse, splitBaseUrl } from "../network/exchange.ts";
import { Secret } from "../secret.ts";
import { isRecord } from "../shape.ts";
import { readBody, saysDeviceNotFound } from "./answer.ts";

/** The most identifiers of one question. */
const maxIds = 50;

/**
 * `POST {base}/o/api/v3.8/devices/detail?access_token={token}`: the account's records of devices, by device IDs and MAC
 * addresses (https://www.opswat.com/docs/cm/developer-guidelines/device-details). It reads, and changes nothing.
 */
export function buildDeviceDetailsRequest(baseUrl: string, ids: readonly string[], token: Secret): ApiRequest {
  const { origin, prefix } = splitBaseUrl(baseUrl);
  return {
    method: "POST",
    origin,
    target: new Secret(`${prefix}/o/api/v3.8/devices/detail?access_token=${encodeURIComponent(token.reveal())}`),
    headers: { accept: "application/json", "content-type": "application/json" },
    body: new Secret(JSON.stringify({ opt: 0, ids: ids.slice(0, maxIds), verbose: { system_info: 1 } })),
  };
}

/** The identifiers of the account's devices. */
export type KnownIds =
  /** At least one; the others may be known without being shown. */
  | { readonly kind: "known"; readonly ids: readonly string[] }
  | { readonly kind: "none" }
  | { readonly kind: "unclear"; readonly why: string };

/**
 * Reads the answer to {@link buildDeviceDetailsRequest}. The vendor's page shows no answer, so an identifier counts as
 * known only if a device's record (an object with `device_id` or `hwid`) has it, and all count as unknown only if the
 * answer is an empty list or says that no device was found.
 * @param ids that were asked for
 */
export function readDeviceDetails(response: RawResponse, ids: readonly string[]): KnownIds {
  const { status } = response;
  const body = readBody(response);
  if (status === 429) return unclear("the account's rate limit is reached (429)");
  if ((status === 200 || status === 404) && saysDeviceNotFound(body)) return { kind: "none" };
  if (status !== 200) return unclear(`the API answered with status ${status}`);
  if (body.kind !== "object" && body.kind !== "other-json") return unclear("the answer is not JSON");
  const value = body.kind === "object" ? body.fields : body.value;
  if (value === undefined) return unclear("the answer has more strings than the agent reads");
  if (isEmptyList(value)) return { kind: "none" };
  const texts = new Set(deviceRecords(value).flatMap(textsIn).map(comparable));
  const known = ids.filter((id) => texts.has(comparable(id)));
  return known.length > 0
    ? { kind: "known", ids: known }
    : unclear("the answer has no record of a device with any of them");
}

const unclear = (why: string): KnownIds => ({ kind: "unclear", why });

function isEmptyList(value: unknown): boolean {
  const list = isRecord(value) ? value["devices"] : value;
  return Array.isArray(list) && list.length === 0;
}

type Fields = Readonly<Record<string, unknown>>;
const maxDepth = 8;

function deviceRecords(value: unknown, depth = 0): readonly Fields[] {
  if (typeof value !== "object" || value === null || depth > maxDepth) return [];
  const fields = value as Fields;
  const names = ["device_id", "hwid"];
  if (!Array.isArray(value) && names.some((name) => typeof fields[name] === "string")) return [fields];
  return Object.values(fields).flatMap((one) => deviceRecords(one, depth + 1));
}

function textsIn(value: unknown, depth = 0): readonly string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null || depth > maxDepth) return [];
  return Object.values(value).flatMap((one) => textsIn(one, depth + 1));
}

/** MAC addresses in any spelling; device IDs without regard to case. */
const comparable = (text: string): string => parseMac(text.trim()) ?? text.trim().toLowerCase();

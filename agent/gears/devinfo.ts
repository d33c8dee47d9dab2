import { AgentError, systemErrorCode } from "../errors.ts";
import { type DeviceId, parseVendorId } from "../identity/device-id.ts";
import type { ApiRequest, RawResponse, Sender } from "../network/exchange.ts";
import type { Listener } from "../platform/port.ts";
import { absent, failed, found, type Reading } from "../reading.ts";
import { Secret } from "../secret.ts";
import { readBody } from "./answer.ts";
import { serverText } from "./server-text.ts";

/** Milliseconds that a public client of this API waits; a closed port is known at once. */
const timeLimit = 10_000;
const callback = "linkuser";
/** The vendor's two spellings, the older first: the newer client has both. */
const paths = ["/opswat/devinfo", "/opswat/3/devinfo"] as const;

/**
 * Asks the vendor's endpoint client on this machine for the device ID (its cross-domain API). The name is not resolved:
 * the request goes to loopback, and TLS checks that the listener holds the vendor's certificate.
 * @param port of the setting `opswatPort`
 * @param listenerOwner who listens at a port of loopback, if the system reports it: any user may listen, and could
 * forward the question to another machine's client, whose certificate is as valid
 */
export async function readVendorDeviceId(
  port: number,
  sender: Sender,
  signal: AbortSignal,
  listenerOwner?: (port: number) => Reading<Listener>,
): Promise<Reading<DeviceId>> {
  const origin = `vendor's client, 127.0.0.1:${port}`;
  const before = distrusted(listenerOwner?.(port), origin);
  if (before !== undefined) return before;
  let reading: Reading<DeviceId> = absent(origin, noSuchApi);
  for (const path of paths) {
    try {
      reading = readDevinfo(await sender.send(buildDevinfoRequest(port, path), signal), origin);
    } catch (thrown) {
      if (!(thrown instanceof AgentError)) throw thrown;
      const isClosed = systemErrorCode(thrown.cause) === "ECONNREFUSED";
      return isClosed ? absent(origin, nothingListens) : failed(origin, thrown);
    }
    if (reading.kind !== "absent" || reading.reason !== noSuchApi) break;
  }
  // Another may have taken the port meanwhile.
  const after = reading.kind === "found" ? distrusted(listenerOwner?.(port), origin) : undefined;
  return after ?? reading;
}

/** The reading if no trusted program listens; undefined if the listener may be asked. */
function distrusted(owner: Reading<Listener> | undefined, origin: string): Reading<never> | undefined {
  if (owner === undefined || (owner.kind === "found" && owner.value.trusted)) return undefined;
  if (owner.kind === "absent") return absent(origin, nothingListens);
  if (owner.kind === "failed") return failed(origin, owner.error);
  const message = `${owner.value.owner} listens there, so its answer is not used: the vendor's client runs as root, SYSTEM or a service's account. Stop that program, or leave opswat out of the setting identify.`;
  return failed(origin, new AgentError("identity-unreadable", `${origin}: ${message}`));
}

const nothingListens = "no program listens on its port";
const noSuchApi = "this API is turned off in the vendor's client";

/** @internal */
export function buildDevinfoRequest(port: number, path: string): ApiRequest {
  return {
    method: "GET",
    origin: `https://eapi.opswatgears.com:${port}`,
    address: "127.0.0.1",
    target: new Secret(`${path}?callback=${callback}`),
    headers: {},
    body: undefined,
    timeLimit,
  };
}

/** The vendor's documented values of `code` other than 0. */
const faults: ReadonlyMap<unknown, string> = new Map([
  [-30, "it timed out"],
  [-32, "it could not verify the request"],
  [-41, "it could not get the information"],
]);

/**
 * Reads `name({"code":0,"info":{"hwid":"…"}})`, with or without the padding (`name(` and `)`).
 * @internal
 */
export function readDevinfo(response: RawResponse, origin: string): Reading<DeviceId> {
  const { status, body: text } = response;
  if (status === 404) return absent(origin, noSuchApi);
  if (status !== 200) return unreadable(origin, `it answered with status ${status}`);
  const body = readBody({ ...response, body: withoutPadding(text) });
  if (body.kind !== "object") return unreadable(origin, "its answer is not the documented JSON");
  const { code: given, info, description } = body.fields;
  // Documented as a number; some JSON writers make it text.
  const code = typeof given === "string" && /^-?\d{1,9}$/.test(given) ? Number(given) : given;
  if (code === -31) return absent(origin, noSuchApi);
  if (code !== 0) {
    const described = typeof description === "string" ? ` (${serverText(description, [])})` : "";
    const meaning = typeof code === "number" ? `it failed with code ${code}${described}` : "its answer has no code";
    return unreadable(origin, faults.get(code) ?? meaning);
  }
  const hwid = typeof info === "object" && info !== null && "hwid" in info ? info.hwid : undefined;
  if (hwid === undefined || hwid === null || hwid === "") return absent(origin, "its answer has no device ID");
  const parsed = typeof hwid === "string" ? parseVendorId(hwid) : undefined;
  if (parsed?.kind === "valid") return found(parsed.id, origin);
  if (parsed?.kind === "placeholder") return absent(origin, `its device ID is ${parsed.reason}`);
  return unreadable(origin, "its device ID is not in a known form");
}

/** In linear steps: one pattern for everything took 13 s for 64 KiB of spaces. */
function withoutPadding(text: string): string {
  const call = text.trim().replace(/;$/, "").trimEnd();
  const [start] = /^(?:\/\*\*\/\s*)?[\w$.]+\s*\(/.exec(call) ?? [];
  return start === undefined || !call.endsWith(")") ? text : call.slice(start.length, -1);
}

function unreadable(origin: string, why: string): Reading<never> {
  const message = `The vendor's client returned no device ID: ${why}.`;
  return failed(origin, new AgentError("identity-unreadable", message));
}

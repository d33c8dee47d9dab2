import type { Socket } from "node:net";
import { AgentError } from "../../errors.ts";
import { notFromHere } from "../log-on/decide-log-on.ts";
import { networkFailure, type Party } from "../network-failure.ts";
import { type ProxyAddress, type ProxyLogin, revealed } from "../proxy/address.ts";
import { readExactly } from "./read-socket.ts";

const version = 5;
/** Methods of RFC 1928 3. */
const withoutLogOn = 0;
const byPassword = 2;
/** Kinds of addresses of RFC 1928 5, with the bytes of one; a name has its length in front. */
const addressLengths: ReadonlyMap<number, number> = new Map([
  [1, 4],
  [4, 16],
]);
const byName = 3;

/** Bytes of a name, a user name or a password, which have one byte for their length. */
const maxLength = 255;

/** A proxy's replies to a request (RFC 1928 6); each completes "The proxy …". */
const refusals: ReadonlyMap<number, string> = new Map([
  [1, "failed"],
  [2, "does not allow it. Ask for it to be allowed"],
  [3, "can't reach its network"],
  [4, "can't reach it, or can't resolve its name"],
  [5, "was refused there"],
  [6, "got no answer from there"],
  [7, "does not support this command"],
  [8, "does not support this kind of address"],
]);

/**
 * Asks a SOCKS5 proxy to connect to a host (RFC 1928), with user name and password where it wants them (RFC 1929). It
 * looks up the name itself.
 * @param to the host without brackets
 * @returns the connection, which is the tunnel
 * @throws AgentError by where it failed, or the signal's reason
 */
export async function openSocks(
  socket: Socket,
  proxy: ProxyAddress,
  to: { readonly host: string; readonly port: number },
  party: Party,
  signal: AbortSignal,
): Promise<Socket> {
  const at = async <T>(stage: "proxy log-on" | "tunnel", work: Promise<T>): Promise<T> =>
    await work.catch((cause: unknown) => {
      throw networkFailure(cause, { ...party, stage });
    });
  const refused = (stage: "proxy log-on" | "tunnel", why: string): AgentError =>
    new AgentError("proxy-refused", `The proxy ${party.host} ${why}.`, { place: { stage, party: "proxy" } });

  const { login } = proxy;
  const methods = login === undefined ? [withoutLogOn] : [withoutLogOn, byPassword];
  const method = await at("tunnel", exchange(socket, [version, methods.length, ...methods], signal));
  if (method === byPassword && login !== undefined) {
    if (!isShort(login)) {
      const why = `can't receive the user name and password: one of them from ${login.origin} is longer than the 255 bytes that SOCKS5 allows`;
      throw refused("proxy log-on", why);
    }
    if ((await at("proxy log-on", exchange(socket, logOnOf(login), signal, 1))) !== 0) {
      throw refused(
        "proxy log-on",
        `refuses the user name and password from ${login.origin}. They are not sent again in this run, to avoid an account lockout. Correct them there`,
      );
    }
  } else if (method !== withoutLogOn) {
    throw refused("tunnel", whyNoLogOn(proxy));
  }

  const request = [version, 1, 0, byName, ...sized(to.host), to.port >> 8, to.port & 255];
  const code = await at("tunnel", exchange(socket, request, signal));
  if (code !== 0) {
    throw refused(
      "tunnel",
      `refuses to connect to ${party.target}: it ${refusals.get(code) ?? `answers with code ${code}`}`,
    );
  }
  const [, kind = 0, first = 0] = await at("tunnel", readExactly(socket, 3, signal));
  const length = kind === byName ? first + 1 : addressLengths.get(kind);
  if (length === undefined) throw networkFailure(new Error("no SOCKS5"), { ...party, stage: "tunnel" });
  // The proxy's own address, of which the first byte is read, and the port.
  await at("tunnel", readExactly(socket, length - 1 + 2, signal));
  return socket;
}

function whyNoLogOn({ login, discovered }: ProxyAddress): string {
  if (login !== undefined)
    return "offers no authentication that linkuser-agent supports for SOCKS5 (none, or user name and password)";
  if (discovered) return `wants a log-on, ${notFromHere}`;
  return "wants a log-on. Put proxyUsername and proxyPassword into the credential file (with proxyAuth auto or basic), or configure the proxy to let this host through without a log-on";
}

/** @returns the second byte of the answer, after its version */
async function exchange(
  socket: Socket,
  bytes: readonly number[],
  signal: AbortSignal,
  answerVersion = version,
): Promise<number> {
  socket.write(Uint8Array.from(bytes));
  const [first, second = 255] = await readExactly(socket, 2, signal);
  if (first !== answerVersion) throw new Error("no SOCKS5");
  return second;
}

/** A part of a password would count as a wrong one, and could lock the account. */
const isShort = (login: ProxyLogin): boolean =>
  Object.values(revealed(login)).every((text) => Buffer.byteLength(text) <= maxLength);

function logOnOf(login: ProxyLogin): readonly number[] {
  const { username, password } = revealed(login);
  return [1, ...sized(username), ...sized(password)];
}

/** Text of at most 255 bytes with its length in front. */
function sized(text: string): readonly number[] {
  const bytes = Buffer.from(text).subarray(0, maxLength);
  return [bytes.length, ...bytes];
}

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { AgentError, systemErrorCode } from "../../errors.ts";
import { absent, failed, found, type Reading } from "../../reading.ts";
import type { Listener } from "../port.ts";

/** State of a listening socket, TCP_LISTEN of net/tcp_states.h. */
const listening = "0A";

/** Local addresses as /proc/net/tcp and tcp6 print them on little-endian machines: four bytes at a time, reversed. */
const loopback: ReadonlySet<string> = new Set(["0100007F", "0000000000000000FFFF00000100007F"]);
const anyAddress: ReadonlySet<string> = new Set(["00000000", "00000000000000000000000000000000"]);

/**
 * Whose socket takes connections to a port of 127.0.0.1. Any user may listen there, and whoever is first has it.
 * @param isTrusted whether a user ID is root's or of a service that root set up
 */
export function readListener(root: string, port: number, isTrusted: (uid: number) => boolean): Reading<Listener> {
  const origin = `127.0.0.1:${port}`;
  try {
    const uids = listeningUids(readTable(root, "tcp") + readTable(root, "tcp6"), port);
    if (uids.length === 0) return absent(origin, "nothing listens there");
    const other = uids.find((uid) => !isTrusted(uid));
    const uid = other ?? uids[0];
    return found({ trusted: other === undefined, owner: uid === 0 ? "root" : `the user ID ${uid}` }, origin);
  } catch (cause) {
    const message = `Which user listens at ${origin} can't be read (${systemErrorCode(cause) ?? cause}).`;
    return failed(origin, new AgentError("identity-unreadable", message, { cause }));
  }
}

/**
 * User IDs of the sockets that may get a connection to 127.0.0.1: the kernel prefers one that is bound to that address
 * to one that is bound to all.
 */
export function listeningUids(table: string, port: number): readonly number[] {
  const sockets = table.split("\n").flatMap((line) => {
    const [, local = "", , state, , , , uid] = line.trim().split(/\s+/);
    const [address = "", hexPort = ""] = local.split(":");
    return state === listening && Number.parseInt(hexPort, 16) === port ? [{ address, uid: Number(uid) }] : [];
  });
  const exact = sockets.filter(({ address }) => loopback.has(address));
  return (exact.length > 0 ? exact : sockets.filter(({ address }) => anyAddress.has(address))).map(({ uid }) => uid);
}

/** proc_net(5); without IPv6 in the kernel there is no tcp6. */
function readTable(root: string, name: string): string {
  try {
    return readFileSync(join(root, "proc/net", name), "latin1");
  } catch (error) {
    if (name === "tcp6" && systemErrorCode(error) === "ENOENT") return "";
    throw error;
  }
}

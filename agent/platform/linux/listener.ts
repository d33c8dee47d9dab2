import { closeSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { AgentError, systemErrorCode } from "../../errors.ts";
import { reasonOf } from "../../files/open-file.ts";
import { absent, failedBy, found, type Reading } from "../../reading.ts";
import { constants, layout, structure } from "../native-layout.ts";
import type { Listener } from "../port.ts";
import { lastErrno, libc } from "./libc.ts";

const { TCP_LISTEN } = constants("netinet/tcp.h", { TCP_LISTEN: 10 });

/** Local addresses as /proc/net/tcp and tcp6 print them on little-endian machines: four bytes at a time, reversed. */
const loopback: ReadonlySet<string> = new Set(["0100007F", "0000000000000000FFFF00000100007F"]);
const anyAddress: ReadonlySet<string> = new Set(["00000000", "00000000000000000000000000000000"]);

/**
 * The owner of the socket that accepts connections to a port of 127.0.0.1. Any user may listen there, and the first one
 * gets the port.
 * @param isTrusted whether a user ID is root's or of a service that root set up
 * @param probe whether anything listens; undefined if that is not known. Most machines have no vendor client, and
 * the kernel takes milliseconds to write the table of sockets.
 */
export function readListener(
  root: string,
  port: number,
  isTrusted: (uid: number) => boolean,
  probe: (port: number) => boolean | undefined = probePort,
): Reading<Listener> {
  const origin = `127.0.0.1:${port}`;
  try {
    if (probe(port) === false) return absent(origin, "nothing listens there");
    const uids = listeningUids(listeningRows(root), port);
    if (uids.length === 0) return absent(origin, "nothing listens there");
    const other = uids.find((uid) => !isTrusted(uid));
    const uid = other ?? uids[0];
    return found({ trusted: other === undefined, owner: uid === 0 ? "root" : `the user ID ${uid}` }, origin);
  } catch (cause) {
    const message = `The user of the program that listens at ${origin} can't be read: ${reasonOf(cause)}.`;
    return failedBy(origin, cause, "identity-unreadable", message);
  }
}

/**
 * User IDs of the sockets that may get a connection to 127.0.0.1: the kernel prefers a socket bound to that address to
 * one bound to all, and only one user can have bound some to it (SO_REUSEPORT). Takes no more rows than it needs.
 */
export function listeningUids(rows: Iterable<string>, port: number): readonly number[] {
  const toAll: number[] = [];
  for (const row of rows) {
    const [, local = "", , , , , , uid] = row.trim().split(/\s+/);
    const [address = "", hexPort = ""] = local.split(":");
    if (Number.parseInt(hexPort, 16) !== port) continue;
    if (loopback.has(address)) return [Number(uid)];
    if (anyAddress.has(address)) toAll.push(Number(uid));
  }
  return toAll;
}

/**
 * The rows of listening sockets. The kernel writes them before all others (Documentation/networking/proc_net_tcp.rst),
 * for which it searches a table for milliseconds: so it is read piece by piece, up to the first other row.
 */
function* listeningRows(root: string): Generator<string> {
  for (const name of ["tcp", "tcp6"]) {
    for (const row of rowsOf(root, name)) {
      const state = row.trim().split(/\s+/, 4)[3];
      if (state === "st") continue;
      if (state === undefined || Number.parseInt(state, 16) !== TCP_LISTEN) break;
      yield row;
    }
  }
}

/** proc_net(5); without IPv6 in the kernel there is no tcp6. */
function* rowsOf(root: string, name: string): Generator<string> {
  let descriptor: number;
  try {
    descriptor = openSync(join(root, "proc/net", name), "r");
  } catch (error) {
    if (name === "tcp6" && systemErrorCode(error) === "ENOENT") return;
    throw error;
  }
  try {
    // The kernel writes a page at once, and could miss a socket between two pages.
    const piece = Buffer.alloc(4096);
    let text = "";
    for (let size = -1; size !== 0; ) {
      size = readSync(descriptor, piece);
      const rows = (text + piece.toString("latin1", 0, size)).split("\n");
      text = rows.pop() ?? "";
      yield* rows;
    }
  } finally {
    closeSync(descriptor);
  }
}

const { AF_INET, ...kind } = constants("sys/socket.h", {
  AF_INET: 2,
  SOCK_STREAM: 1,
  SOCK_CLOEXEC: 0o2000000,
  SOCK_NONBLOCK: 0o4000,
});
const { EISCONN, ECONNREFUSED } = constants("errno.h", { EISCONN: 106, ECONNREFUSED: 111 });
/** Port and address are in network order. */
const socketAddress = layout("netinet/in.h", "struct sockaddr_in", 16, {
  sin_family: [0, "u16"],
  sin_port: [2, 2],
  sin_addr: [4, 4],
});

/**
 * Whether anything listens at a port of 127.0.0.1, without Node's network code, which takes milliseconds to load. On
 * loopback the kernel delivers at once, so a refusal is known at the second connect(2).
 */
export function probePort(port: number): boolean | undefined {
  let descriptor = -1;
  try {
    const { socket, connect } = libc();
    descriptor = socket(AF_INET, kind.SOCK_STREAM | kind.SOCK_CLOEXEC | kind.SOCK_NONBLOCK, 0);
    if (descriptor < 0) return undefined;
    const address = structure(socketAddress, {
      sin_family: AF_INET,
      sin_port: Buffer.from([port >> 8, port & 0xff]),
      sin_addr: Buffer.from([127, 0, 0, 1]),
    });
    for (let attempt = 0; attempt < 2; attempt += 1) {
      if (connect(descriptor, address, socketAddress.size) === 0) return true;
      const errno = lastErrno();
      if (errno === EISCONN) return true;
      if (errno === ECONNREFUSED) return false;
    }
    return undefined;
  } catch (error) {
    if (error instanceof AgentError) return undefined;
    throw error;
  } finally {
    if (descriptor >= 0) libc().close(descriptor);
  }
}

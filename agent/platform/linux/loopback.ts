import { AgentError } from "../../errors.ts";
import { absent, found, type Reading } from "../../reading.ts";
import { lastErrno, libc } from "./libc.ts";

/** socket(2), errno(3) */
const AF_INET = 2;
const SOCK_STREAM_CLOEXEC_NONBLOCK = 1 | 0o2000000 | 0o4000;
const EISCONN = 106;
const ECONNREFUSED = 111;

/** struct sockaddr_in: sin_family, sin_port and sin_addr in network order, padding */
const sockaddrSize = 16;

/**
 * Whether anything listens at a port of 127.0.0.1, without Node's network code, which takes milliseconds to load. The
 * kernel hands a packet on loopback over at once, so a refusal is there when the second connect(2) asks.
 */
export function listensOnLoopback(port: number): Reading<boolean> {
  const origin = `127.0.0.1:${port}`;
  let descriptor = -1;
  try {
    const { socket, connect } = libc();
    descriptor = socket(AF_INET, SOCK_STREAM_CLOEXEC_NONBLOCK, 0);
    if (descriptor < 0) return absent(origin, `no socket (errno ${lastErrno()})`);
    const address = Buffer.alloc(sockaddrSize);
    address.writeUInt16LE(AF_INET);
    address.writeUInt16BE(port, 2);
    address.set([127, 0, 0, 1], 4);
    for (let attempt = 0; attempt < 2; attempt += 1) {
      if (connect(descriptor, address, sockaddrSize) === 0) return found(true, origin);
      const errno = lastErrno();
      if (errno === EISCONN) return found(true, origin);
      if (errno === ECONNREFUSED) return found(false, origin);
    }
    return absent(origin, "not decided at once");
  } catch (error) {
    if (error instanceof AgentError) return absent(origin, error.message);
    throw error;
  } finally {
    if (descriptor >= 0) libc().close(descriptor);
  }
}

import { createServer, connect as netConnect, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, TLSSocket } from "node:tls";
import type { KeyPair } from "./certificates.ts";
import { passOn } from "./pass-on.ts";

/** A server on loopback that speaks raw bytes, so that it can misbehave. */
export interface Loopback extends AsyncDisposable {
  readonly port: number;
  readonly host: string;
  /** Connections so far. */
  readonly connections: number;
  /** All that clients sent, in order of arrival. */
  readonly received: string;
  /** Subjects of clients' certificates; undefined for a client without one. */
  readonly shown: readonly (string | undefined)[];
}

/**
 * @param serve is called with each connection, once TLS stands where there is a key pair
 * @param at a free port of 127.0.0.1 unless it is given
 */
export async function listen(
  serve: (socket: Socket) => void,
  pair?: KeyPair,
  at = { port: 0, host: "127.0.0.1" },
): Promise<Loopback> {
  const open = new Set<Socket>();
  const seen = { connections: 0, received: "" };
  const shown: (string | undefined)[] = [];
  const accept = (socket: Socket) => {
    seen.connections += 1;
    if (socket instanceof TLSSocket) shown.push(socket.getPeerX509Certificate()?.subject);
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      seen.received += chunk.toString("latin1");
    });
    serve(socket);
  };
  const server: Server =
    pair === undefined
      ? createServer(accept)
      : createTlsServer({ ...pair, requestCert: true, rejectUnauthorized: false }, accept);
  server.on("connection", (socket) => {
    open.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => open.delete(socket));
  });
  server.on("tlsClientError", () => {});
  server.listen(at);
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    port,
    host: `${at.host}:${port}`,
    shown,
    get connections() {
      return seen.connections;
    },
    get received() {
      return seen.received;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Answers any request with the same bytes, as soon as its header lines and body of known length have arrived. */
export function answering(bytes: string | ((socket: Socket) => void)): (socket: Socket) => void {
  return (socket) => {
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      const end = text.indexOf("\r\n\r\n");
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
      if (end === -1 || text.length < end + 4 + length) return;
      text = text.slice(end + 4 + length);
      if (typeof bytes === "string") socket.write(bytes);
      else bytes(socket);
    });
  };
}

export function reply(status: string, body: string, ...headers: string[]): string {
  const lines = [`HTTP/1.1 ${status}`, `Content-Length: ${Buffer.byteLength(body)}`, ...headers];
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}

/** A proxy that opens tunnels (CONNECT), all of them to one port of loopback; or refuses them with a status line. */
export async function connectProxy(
  target: { port: number; before?: string } | { refuse: string },
  pair?: KeyPair,
): Promise<Loopback> {
  return await listen((socket) => {
    socket.once("data", () => {
      if ("refuse" in target) {
        socket.end(`HTTP/1.1 ${target.refuse}\r\nContent-Length: 0\r\n\r\n`);
        return;
      }
      const onward = netConnect(target.port, "127.0.0.1", () => {
        socket.write(`${target.before ?? ""}HTTP/1.1 200 Connection established\r\n\r\n`);
      });
      passOn(socket, onward);
    });
  }, pair);
}

/**
 * A SOCKS5 proxy that sends given answers, each after something came, and then leads to one port of loopback; without
 * one it closes.
 */
export async function socksProxy(answers: readonly Buffer[], port?: number): Promise<Loopback> {
  return await listen((socket) => {
    const left = [...answers];
    const answer = (): void => {
      const next = left.shift();
      if (next === undefined) return;
      socket.write(next);
      if (left.length > 0) return;
      socket.off("data", answer);
      if (port === undefined) socket.end();
      else passOn(socket, netConnect(port, "127.0.0.1"));
    };
    socket.on("data", answer);
  });
}

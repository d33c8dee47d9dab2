import { spawn } from "node:child_process";
import { connect, createServer } from "node:net";
import { expect } from "vitest";

/** A server of Debian's that runs in the foreground. */
export interface Daemon {
  /** What it has written to standard output and error. */
  told(): string;
  stop(): Promise<void>;
}

/** Starts it and waits until somebody listens at a port of loopback. */
export async function startDaemon([command = "", ...args]: readonly string[], port: number): Promise<Daemon> {
  const daemon = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  let told = "";
  for (const stream of [daemon.stdout, daemon.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      told += text;
    });
  }
  const ended = new Promise((resolve) => daemon.once("close", resolve));
  await new Promise((resolve, reject) => daemon.once("spawn", resolve).once("error", reject));
  while (daemon.exitCode === null && daemon.signalCode === null) {
    if (await answers(port)) {
      return {
        told: () => told,
        stop: async () => {
          daemon.kill("SIGTERM");
          await ended;
        },
      };
    }
  }
  expect.fail(`${command} has ended: ${told}`);
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  const open = await new Promise<boolean>((resolve) => {
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
  });
  socket.destroy();
  return open;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : expect.fail("no port");
}

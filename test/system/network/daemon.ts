import { spawn } from "node:child_process";
import { connect, createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { expect } from "vitest";
import { endOfChild } from "../support/child.ts";

/** A server of Debian's that runs in the foreground. */
export interface Daemon extends AsyncDisposable {
  readonly pid: number;
  /** Its standard output and error so far. */
  output(): string;
}

/** Starts it and waits until somebody listens at a port of loopback, for at most 30 s. */
export async function startDaemon([command = "", ...args]: readonly string[], port: number): Promise<Daemon> {
  await using made = new AsyncDisposableStack();
  const daemon = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  const ended = endOfChild(daemon);
  made.defer(async () => {
    daemon.kill("SIGTERM");
    await ended;
  });
  let output = "";
  for (const stream of [daemon.stdout, daemon.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  await new Promise((resolve, reject) => daemon.once("spawn", resolve).once("error", reject));
  for (let tries = 0; tries < 600 && daemon.exitCode === null && daemon.signalCode === null; tries++) {
    if (await answers(port)) {
      const kept = made.move();
      return { pid: daemon.pid ?? 0, output: () => output, [Symbol.asyncDispose]: () => kept.disposeAsync() };
    }
    await wait(50);
  }
  expect.fail(`${command} does not listen: ${output}`);
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

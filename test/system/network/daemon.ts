import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
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

/** Starts it and waits until somebody listens at a port of loopback, for at most a minute. */
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
  for (let tries = 0; tries < 1200 && daemon.exitCode === null && daemon.signalCode === null; tries++) {
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

/**
 * A port of loopback at which nobody listens. It is below those that Linux gives to connections and to servers that ask
 * for any, so that no other test gets it meanwhile.
 */
export async function freePort(): Promise<number> {
  const port = randomInt(10_000, 32_768);
  const server = createServer();
  const isFree = await new Promise<boolean>((resolve) => {
    server.once("error", () => resolve(false)).listen(port, "127.0.0.1", () => resolve(true));
  });
  await new Promise((resolve) => server.close(resolve));
  return isFree ? port : await freePort();
}

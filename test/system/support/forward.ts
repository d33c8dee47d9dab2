import { spawn } from "node:child_process";
import { mkdtempDisposableSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endOfChild, firstLine } from "./child.ts";
import { passOn } from "./pass-on.ts";

/**
 * Makes a server of this process's loopback reachable at an address inside another network, under the same port.
 * @param enter nsenter(1) with the options that lead into the network
 */
export async function forward(port: number, address: string, enter: readonly string[]): Promise<AsyncDisposable> {
  await using made = new AsyncDisposableStack();
  const folder = made.use(mkdtempDisposableSync(join(tmpdir(), "linkuser-forward-")));
  const path = join(folder.path, "socket");
  const server = made.adopt(
    createServer((socket) => passOn(socket, connect(port, "127.0.0.1"))),
    (opened) => void opened.close(),
  );
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const [command = "", ...options] = enter;
  const program = [process.execPath, join(import.meta.dirname, "relay.ts"), String(port), address, path];
  const relay = spawn(command, [...options, ...program], { stdio: ["ignore", "pipe", "pipe"] });
  const ended = endOfChild(relay);
  made.defer(async () => {
    relay.kill();
    await ended;
  });
  await firstLine(relay);
  return made.move();
}

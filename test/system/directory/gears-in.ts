import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import type { Call } from "../../fakes/gears.ts";
import { type Container, inside } from "./container.ts";

/** A fake Gears on a container's loopback. */
export interface GearsIn extends Disposable {
  readonly keys: { readonly baseUrl: string; readonly clientId: string; readonly clientSecret: string };
  /** Every call that it saw. */
  readonly calls: readonly Call[];
}

/** @param tls port, certificate and key (paths inside the container); left out for plain HTTP at any port */
export async function startGearsIn(container: Container, tls: readonly string[] = []): Promise<GearsIn> {
  const [enter = "", ...rest] = inside(container);
  const program = resolve(import.meta.dirname, "../install/stand-in.ts");
  const server = spawn(enter, [...rest, process.execPath, program, ...tls], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface(server.stdout)[Symbol.asyncIterator]();
  const keys = JSON.parse((await lines.next()).value ?? "");
  const calls: Call[] = [];
  void (async () => {
    for await (const line of { [Symbol.asyncIterator]: () => lines }) calls.push(JSON.parse(line));
  })();
  return { keys, calls, [Symbol.dispose]: () => void server.stdin.end() };
}

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A network of its own with one card that leads nowhere, whose names stand in a hosts file of its own. */
export interface OwnNetwork extends AsyncDisposable {
  /** What runs a program inside; see `RunOptions.within`. */
  readonly within: readonly string[];
  /** Lines of hosts(5); no other name resolves. */
  setHosts(lines: readonly string[]): void;
  /** Makes a server of this process's loopback reachable at an address inside, under the same port. */
  forward(port: number, address: string): Promise<void>;
}

/** Addresses of the card, and one beside it: what is sent there vanishes, as behind a broken router. */
export const card = { ipv4: "192.0.2.1", ipv6: "2001:db8:1::1", unanswered: "2001:db8:1::2" } as const;

const setUp = `set -e
ip link set lo up
ip link add card type veth peer name cable
ip link set cable up
ip address add ${card.ipv4}/24 dev card
ip -6 address add ${card.ipv6}/64 dev card nodad
ip link set card up
ip -6 neighbour add ${card.unanswered} lladdr 02:00:00:00:00:02 dev card nud permanent
mount --make-rprivate /
mount --bind "$1/hosts" /etc/hosts
mount --bind "$1/resolv.conf" /etc/resolv.conf
echo ready
exec cat >/dev/null`;

/** Needs root. */
export async function openOwnNetwork(): Promise<OwnNetwork> {
  const folder = mkdtempSync(join(tmpdir(), "linkuser-network-"));
  const hosts = join(folder, "hosts");
  writeFileSync(hosts, "");
  // Nobody answers there: what is not in the hosts file is a failure at once.
  writeFileSync(join(folder, "resolv.conf"), "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n");
  const holder = spawn("unshare", ["--net", "--mount", "sh", "-c", setUp, "sh", folder], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  await ready(holder);
  const enter = ["nsenter", "--target", String(holder.pid), "--net", "--mount"];
  const relays: { readonly server: Server; readonly relay: ChildProcess }[] = [];
  return {
    within: enter,
    // In place, since the file itself is mounted.
    setHosts: (lines) => writeFileSync(hosts, lines.map((line) => `${line}\n`).join("")),
    async forward(port, address) {
      const path = join(folder, `port-${relays.length}`);
      const server = createServer((socket) => {
        const onward = connect(port, "127.0.0.1");
        socket.on("error", () => onward.destroy()).on("close", () => onward.destroy());
        onward.on("error", () => socket.destroy()).on("close", () => socket.destroy());
        socket.pipe(onward).pipe(socket);
      });
      await new Promise<void>((resolve) => server.listen(path, resolve));
      const program = join(import.meta.dirname, "../windows/relay.ts");
      const relay = spawn("nsenter", [...enter.slice(1), process.execPath, program, String(port), path, address]);
      relays.push({ server, relay });
      await ready(relay);
    },
    async [Symbol.asyncDispose]() {
      for (const { server, relay } of relays) {
        const ended = new Promise((resolve) => relay.once("close", resolve));
        relay.kill();
        await ended;
        server.close();
      }
      const ended = new Promise((resolve) => holder.once("close", resolve));
      holder.stdin.end();
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}

/** Waits for the first line. */
async function ready(child: ChildProcess): Promise<void> {
  let errors = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  await new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`ended with ${code} before it was ready: ${errors}`)));
    child.stdout?.once("data", () => resolve());
  });
}

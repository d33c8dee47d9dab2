import { spawn } from "node:child_process";
import { mkdtempDisposableSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endOfChild, firstLine } from "../support/child.ts";
import { forward } from "../support/forward.ts";

/** A separate network with one card that leads nowhere, and its own hosts file. */
export interface OwnNetwork extends AsyncDisposable {
  /** The command that runs a program inside; see `RunOptions.within`. */
  readonly within: readonly string[];
  /** Lines of hosts(5); no other name resolves. */
  setHosts(lines: readonly string[]): void;
  /** Makes a server of this process's loopback reachable at an address inside, under the same port. */
  forward(port: number, address: string): Promise<void>;
}

/** Addresses of the card, and one beside it: packets to it vanish, as behind a broken router. */
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

/** Name servers, one of which refuses at once, in the form of resolv.conf(5). */
const refusing = "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n";
/** Name servers that never answer: the C library gives up after more than two minutes. */
export const silentNameServers = `nameserver ${card.unanswered}\noptions timeout:30 attempts:5\n`;

/** Needs root. @param resolvers what is not in the hosts file is asked for there */
export async function openOwnNetwork(resolvers = refusing): Promise<OwnNetwork> {
  await using made = new AsyncDisposableStack();
  const folder = made.use(mkdtempDisposableSync(join(tmpdir(), "linkuser-network-"))).path;
  const hosts = join(folder, "hosts");
  writeFileSync(hosts, "");
  writeFileSync(join(folder, "resolv.conf"), resolvers);
  const holder = spawn("unshare", ["--net", "--mount", "sh", "-c", setUp, "sh", folder], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  const ended = endOfChild(holder);
  made.defer(async () => {
    holder.stdin.on("error", () => {}).end();
    await ended;
  });
  await firstLine(holder);
  const within = ["nsenter", "--target", String(holder.pid), "--net", "--mount"];
  const kept = made.move();
  return {
    within,
    // In place, since the file itself is mounted.
    setHosts: (lines) => writeFileSync(hosts, lines.map((line) => `${line}\n`).join("")),
    forward: async (port, address) => void kept.use(await forward(port, address, within)),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

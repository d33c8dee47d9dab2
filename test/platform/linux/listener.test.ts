import { expect, test } from "vitest";
import { listeningUids, readListener } from "../../../agent/platform/linux/listener.ts";
import { makeRoot, type Tree } from "./tree.ts";

/** As /proc/net/tcp of Linux 6.1 shows it; port 11369 is 2C69. */
const heading =
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                    ";
const row = (local: string, uid: number, state = "0A") =>
  `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000  ${uid}        0 21516 1 0000000000000000 100 0 0 10 0`;
const table = (...rows: readonly string[]) => `${[heading, ...rows].join("\n")}\n`;

const mapped = "0000000000000000FFFF00000100007F";
const any6 = "00000000000000000000000000000000";

test.each([
  ["bound to loopback", [row("0100007F:2C69", 0)], [0]],
  ["bound to all addresses", [row("00000000:2C69", 33)], [33]],
  ["bound to all of IPv6, which takes IPv4 too", [row(`${any6}:2C69`, 1001)], [1001]],
  ["bound to loopback in IPv6's form", [row(`${mapped}:2C69`, 1001)], [1001]],
  ["bound to loopback beside one that is bound to all", [row("00000000:2C69", 0), row("0100007F:2C69", 1001)], [1001]],
  ["two at once", [row("00000000:2C69", 0), row(`${any6}:2C69`, 1001)], [0, 1001]],
  ["bound to another address", [row("0201A8C0:2C69", 1001)], []],
  ["at another port", [row("0100007F:2C6A", 1001)], []],
])("a socket that is %s", (_, rows, uids) => {
  expect(listeningUids(rows, 11_369)).toEqual(uids);
});

test("listening sockets are looked for before connections, in both tables", () => {
  const others = Array.from({ length: 20 }, (_, port) => row(`0100007F:00${port + 10}`, 33));
  const connection = row("0100007F:2C69", 1001, "01");
  const read = (tcp: readonly string[], tcp6: readonly string[]) =>
    readListener(
      makeRoot({ "proc/net/tcp": table(...tcp), "proc/net/tcp6": table(...tcp6) }),
      11_369,
      () => true,
      () => true,
    );
  const root = { kind: "found", value: { owner: "root" } };
  expect(read([...others, row("0100007F:2C69", 0), connection], [])).toMatchObject(root);
  expect(read([...others, connection], [...others, row(`${any6}:2C69`, 0), connection])).toMatchObject(root);
  expect(read([...others, connection], [connection])).toMatchObject({ kind: "absent" });
});

test.each([
  ["root's", 0, { trusted: true, owner: "root" }],
  ["a service's", 999, { trusted: true, owner: "the user ID 999" }],
  ["a person's", 1001, { trusted: false, owner: "the user ID 1001" }],
])("the listener is %s", (_, uid, value) => {
  const root = makeRoot({ "proc/net/tcp": table(row("0100007F:2C69", uid)) });
  expect(
    readListener(
      root,
      11_369,
      (one) => one < 1000,
      () => true,
    ),
  ).toMatchObject({ kind: "found", value });
});

test("nobody listens, or nothing can be read", () => {
  const read = (tree: Tree, probe: () => boolean | undefined) =>
    readListener(makeRoot(tree), 11_369, () => true, probe);
  expect(read({}, () => false)).toMatchObject({ kind: "absent" });
  expect(read({ "proc/net/tcp": table() }, () => undefined)).toMatchObject({ kind: "absent" });
  expect(read({}, () => undefined)).toMatchObject({
    kind: "failed",
    error: { code: "identity-unreadable", message: expect.stringContaining("no such file") },
  });
});

import { expect, test } from "vitest";
import { GearsClient } from "../../agent/gears/gears-client.ts";
import type { MachineMemory } from "../../agent/link/memory.ts";
import type { LinkOptions, LinkPorts } from "../../agent/link/ports.ts";
import { runLink } from "../../agent/link/run.ts";
import { createLog } from "../../agent/log.ts";
import type { RawResponse } from "../../agent/network/exchange.ts";
import { seededRandom } from "../../agent/pace/seeded-random.ts";
import { Secret } from "../../agent/secret.ts";
import { createGearsApi, type GearsApi, type Reply } from "../fakes/gears-api.ts";
import { usualSettings } from "./usual-run.ts";

const minute = 60_000;
const quarter = 15 * minute;
const start = Date.UTC(2026, 10, 25, 8);
const trigger: LinkOptions = {
  settings: usualSettings,
  force: false,
  immediate: false,
  willRepeat: true,
};

/** Calls per hour of a fleet whose triggers start a run every quarter of an hour, all with the same refusal. */
async function callsByHour(
  devices: number,
  hours: number,
  secret: string,
  answer: (api: GearsApi) => Reply | undefined,
) {
  const api = createGearsApi({ limit: { calls: 10, periodMs: minute } });
  const random = seededRandom(1);
  const calls: number[] = new Array(hours).fill(0);
  const memories: MachineMemory[] = Array.from({ length: devices }, () => ({}));
  const log = createLog("error", [], () => start);

  async function startRun(device: number, at: number): Promise<void> {
    let now = at;
    const clock = {
      now: () => now,
      monotonic: () => now,
      sleep: async (ms: number) => {
        now += ms;
      },
    };
    const value = `00:0c:29:${device.toString(16).padStart(6, "0").match(/../g)?.join(":")}`;
    const connection = new GearsClient({
      baseUrl: "https://gears.opswat.com",
      credentials: () => ({
        kind: "client",
        clientId: api.clientId,
        clientSecret: new Secret(secret || api.clientSecret),
        origin: "",
      }),
      clock,
      period: minute,
      log,
      openSender: () => ({
        send: async ({ method, target, headers, body }): Promise<RawResponse> => {
          const hour = Math.floor((now - start) / (60 * minute));
          if (hour < hours) calls[hour] = (calls[hour] ?? 0) + 1;
          const path = target.reveal();
          const request = { method, target: path, headers: { ...headers }, body: body?.reveal() ?? "" };
          const reply = (path.includes("link_user") ? answer(api) : undefined) ?? api.answer(request, now);
          const lower = Object.entries(reply.headers ?? {}).map(([name, text]) => [name.toLowerCase(), text]);
          return { status: reply.status, headers: Object.fromEntries(lower), body: String(reply.body ?? "") };
        },
        close: async () => {},
      }),
    });
    const identity = {
      candidates: [{ value, opt: 0, source: "mac", detail: "eth0", reason: "" } as const],
      hardware: [value],
      username: `user${device}`,
      group: undefined,
      warnings: [],
    };
    const ports: LinkPorts = {
      target: () => ({ tenant: "https://gears.opswat.com", account: api.clientId }),
      find: async () => ({ kind: "identity", identity }),
      link: ({ opt }, username, group, signal, suspect) =>
        connection.link({ value, opt, username, group }, signal, suspect),
      requests: () => connection.requests,
      rest: (keepPaid) => connection.rest(keepPaid),
      lock: async () => ({ [Symbol.dispose]: () => {} }),
      claimWait: () => ({ [Symbol.dispose]: () => {} }),
      circumstances: () => "office",
      pid: 1,
      addresses: () => [],
      countdown: undefined,
      store: {
        read: () => ({ memory: memories[device] ?? {}, problem: undefined }),
        write: (memory) => {
          memories[device] = memory;
        },
      },
      clock,
      random,
      log,
      endLog: log,
    };
    await runLink(ports, trigger, new AbortController().signal);
  }

  const offsets = Array.from({ length: devices }, () => random() * quarter);
  for (let round = 0; round < hours * 4; round++) {
    for (const [device, offset] of offsets.entries()) await startRun(device, start + round * quarter + offset);
  }
  return calls;
}

const unauthorized: Reply = { status: 401, body: '{"result":0,"msg":"Invalid token"}' };
const redirect: Reply = { status: 308, headers: { Location: "https://elsewhere.example.com/" } };

/** The most calls in an hour, on average after the first one; the limit is 600. */
test.each<[string, string, (api: GearsApi) => Reply | undefined, number]>([
  ["a wrong client secret (77), one call each time", "wrong", () => undefined, 100],
  ["a redirect (76), two calls each time", "", () => redirect, 200],
  ["a token that the API refuses (77), four calls, later two each time", "", () => unauthorized, 200],
])("300 devices refused by %s leave the account's limit to others", { timeout: 60_000 }, async (...parts) => {
  const [, secret, answer, most] = parts;
  const [first = 0, ...later] = await callsByHour(300, 12, secret, answer);
  expect(first).toBeGreaterThanOrEqual(300);
  const mean = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0) / counts.length;
  expect(mean(later)).toBeLessThan(most);
  // Less and less often.
  expect(mean(later.slice(-4))).toBeLessThan(mean(later.slice(0, 4)) / 2);
});

import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Gears, GearsOptions } from "../../fakes/gears.ts";
import { freePort } from "../network/daemon.ts";
import { createTestCa, type KeyPair, type TestCa } from "../support/certificates.ts";
import { type Answered, type Gateway, type GatewayOptions, linkUser, startGateway, startWithGears } from "./gateway.ts";

/** Places: who gets them, and how long they are kept. */

let ca: TestCa;
beforeAll(() => {
  ca = createTestCa();
});
afterAll(() => ca[Symbol.dispose]());

let made: AsyncDisposableStack;
async function start(options: GatewayOptions = {}, gearsOptions: GearsOptions = {}) {
  made = new AsyncDisposableStack();
  return await startWithGears(made, ca, options, gearsOptions);
}
afterEach(() => made.disposeAsync());

const issue = (name: string): KeyPair => ca.issue(`DNS:${name}`, 1, { commonName: name });
const deviceCalls = (gears: Gears) => gears.callsOf("link_user").map(({ device }) => device);
const retryOf = ({ headers }: Answered) => Number(headers["retry-after"]);

/** The places that the gateway has given, by device, in hundredths of a second. */
async function placesOf(gateway: Gateway): Promise<Map<string, number>> {
  const table = await gateway.admin("show table places");
  const rows = [...table.matchAll(/key=\w+\/(\S+) .*gpt0=(\d+)/g)];
  return new Map(rows.map(([, device = "", place]) => [device, Number(place)]));
}

async function isWaiting(gateway: Gateway): Promise<boolean> {
  return !(await gateway.ask("/metrics/linkuser")).body.includes("gateway_waiting 0");
}

/** Runs so many tasks, at most 40 at a time. */
async function each(count: number, task: (number: number) => Promise<void>): Promise<void> {
  let next = 0;
  const run = async () => {
    while (next < count) await task(next++);
  };
  await Promise.all(Array.from({ length: 40 }, run));
}

test("a device that can't be served soon gets its exact place", async () => {
  const { gears, gateway } = await start({ settings: { LIMIT: "9", PERIOD: "36" } });
  // A turn every 4 s; whose turn is within 16 s is kept on the line.
  const devices = Array.from({ length: 8 }, (_, one) => issue(`device-${one}`));
  const first = await Promise.all(
    devices.map((pair, one) => gateway.send(pair, { target: linkUser(`device-${one}`, 1) })),
  );
  const reported = first.filter(({ status }) => status === 429);
  expect(reported.length).toBeGreaterThanOrEqual(2);
  for (const answer of reported) {
    expect(answer).toMatchObject({
      headers: { "x-linkuser-place": "exact" },
      body: expect.stringContaining("call again after"),
    });
  }
  expect(new Set(reported.map(retryOf)).size).toBe(reported.length);
  expect(first.filter(({ status }) => status === 200).length).toBe(8 - reported.length);
  const times = gears.callsOf("link_user").map(({ at }) => at);
  for (const [index, at] of times.slice(1).entries()) expect(at - (times[index] ?? at)).toBeGreaterThan(1000);
});

test("a call whose endpoint hangs up is not made", async () => {
  // A turn every 8 s.
  const { gears, gateway } = await start({ settings: { LIMIT: "9", PERIOD: "72" } });
  const pairs = [issue("first"), issue("gone"), issue("third")];
  const leaving = new AbortController();
  await gateway.send(pairs[0], { target: linkUser("first", 1) });
  const gone = gateway.send(pairs[1], { target: linkUser("gone", 1), signal: leaving.signal }).catch(() => "gone");
  await expect.poll(() => isWaiting(gateway)).toBe(true);
  leaving.abort();
  expect(await gone).toBe("gone");
  await gateway.send(pairs[2], { target: linkUser("third", 1) });
  expect(deviceCalls(gears)).toEqual(["first", "third"]);
});

test("one certificate that calls 100 times a second does not block others", async () => {
  const { gears, gateway } = await start({ settings: { LIMIT: "90", PERIOD: "60" } });
  const greedy = issue("greedy");
  let running = true;
  let sent = 0;
  const answers = new Map<number, number>();
  // 1,500 at most: 15 s.
  const attack = (async () => {
    const pending: Promise<unknown>[] = [];
    while (running && sent < 1500) {
      const target = linkUser(`made-up-${sent++}`, 1);
      const counted = ({ status }: Answered) => void answers.set(status, (answers.get(status) ?? 0) + 1);
      pending.push(
        gateway
          .send(greedy, { target })
          .then(counted)
          .catch(() => {}),
      );
      await wait(10);
    }
    await Promise.all(pending);
  })();
  await wait(500);
  const others = Array.from({ length: 12 }, (_, one) => issue(`other-${one}`));
  const served = await Promise.all(
    others.map((pair, one) => gateway.send(pair, { target: linkUser(`other-${one}`, 1) })),
  );
  running = false;
  await attack;
  expect(served.map(({ status }) => status)).toEqual(others.map(() => 200));
  const calls = deviceCalls(gears);
  const taken = calls.slice(0, calls.indexOf("other-11")).filter((device) => device?.startsWith("made-up"));
  expect(taken.length).toBeLessThanOrEqual(6);
  expect(sent).toBeGreaterThan(100);
  expect(answers.get(429)).toBeGreaterThan(0.8 * sent);
});

test("1,000 places: each its own, evenly spaced, and all kept over a reload", async () => {
  const shared = { PLACES_PER_CERTIFICATE: "1000", CALLS_PER_CERTIFICATE: "10000" };
  // A turn every 20 s: few places pass before all have theirs, on a slow machine too.
  const { gears, gateway } = await start({ settings: { LIMIT: "9", PERIOD: "180", ...shared } });
  const pairs = Array.from({ length: 10 }, (_, one) => issue(`site-${one}`));
  const held = new AbortController();
  let reported = 0;
  const all = each(1000, async (number) => {
    const sending = { target: linkUser(`device-${number}`, 1), signal: held.signal };
    const answer = await gateway.send(pairs[number % 10], sending).catch(() => undefined);
    if (answer?.status === 429) reported += 1;
  });
  // Callers whose turn is near are kept connected.
  await expect.poll(() => reported, { timeout: 200_000 }).toBeGreaterThan(980);
  held.abort();
  await all;
  const before = [...(await placesOf(gateway))].filter(([, place]) => place > 0);
  const moments = before
    .map(([, place]) => place)
    .toSorted((a, b) => a - b)
    .slice(-980);
  for (const [index, moment] of moments.slice(1).entries()) {
    const gap = moment - (moments[index] ?? 0);
    expect(Math.abs(gap - 2000)).toBeLessThanOrEqual(1);
  }
  const [worker = ""] = readFileSync(`/proc/${gateway.pid}/task/${gateway.pid}/children`, "utf8").trim().split(" ");
  const memory = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${worker}/status`, "utf8"))?.[1]);
  expect(memory).toBeLessThan(100_000);

  await gateway.reload();
  await expect.poll(() => gateway.logs().match(/"event":"token_renewed"/g)?.length).toBe(2);
  await expect.poll(async () => (await placesOf(gateway)).size).toBeGreaterThanOrEqual(before.length);
  const after = await placesOf(gateway);
  const kept = before.filter(([, place]) => moments.includes(place));
  for (const [device, place] of kept) expect(after.get(device)).toBe(place);
  // A caller with a place keeps it, and a new caller gets the last one.
  const [last = ""] = kept.find(([, place]) => place === moments.at(-1)) ?? [];
  const known = await gateway.send(pairs[Number(last.at(-1))], { target: linkUser(last, 1) });
  expect(known).toMatchObject({ status: 429, headers: { "x-linkuser-place": "exact" } });
  const newcomer = await gateway.send(issue("newcomer"), { target: linkUser("newcomer", 1) });
  expect(retryOf(newcomer) - retryOf(known)).toBeGreaterThanOrEqual(19);
  expect(retryOf(newcomer) - retryOf(known)).toBeLessThanOrEqual(21);
  expect(retryOf(known)).toBeGreaterThan(18_000);
  expect(deviceCalls(gears).length).toBeLessThan(30);
});

test("the second machine knows the places of the first, and takes over", async () => {
  const [one, two] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
  const limit = { LIMIT: "9", PERIOD: "60" };
  const { gears, gateway: active } = await start({
    settings: { ...limit, MACHINE: "one", MACHINE_ADDRESS: one, OTHER_MACHINE: "two", OTHER_MACHINE_ADDRESS: two },
  });
  const passive = made.use(
    await startGateway(gears, ca, {
      settings: { ...limit, MACHINE: "two", MACHINE_ADDRESS: two, OTHER_MACHINE: "one", OTHER_MACHINE_ADDRESS: one },
    }),
  );
  await expect.poll(() => active.admin("show peers")).toMatch(/two.*last_status=ESTA/);
  const pairs = Array.from({ length: 6 }, (_, number) => issue(`device-${number}`));
  const leaving = new AbortController();
  let placed = 0;
  const all = pairs.map(async (pair, number) => {
    const sending = { target: linkUser(`device-${number}`, 1), signal: leaving.signal };
    const answer = await active.send(pair, sending).catch(() => undefined);
    if (answer?.status === 429) placed += 1;
  });
  // The other three are served, or kept connected.
  await expect.poll(() => placed).toBeGreaterThanOrEqual(3);
  leaving.abort();
  await Promise.all(all);
  const places = await placesOf(active);
  const last = Math.max(...places.values());
  const device = [...places].find(([, place]) => place === last)?.[0] ?? expect.fail();
  await expect.poll(async () => (await placesOf(passive)).get(device)).toBe(last);
  // It neither loses a place nor gives one twice.
  const answer = await passive.send(pairs[Number(device.at(-1))], { target: linkUser(device, 1) });
  expect(answer).toMatchObject({ status: 429, headers: { "x-linkuser-place": "exact" } });
  const newcomer = await passive.send(issue("newcomer"), { target: linkUser("newcomer", 1) });
  expect(retryOf(newcomer)).toBeGreaterThanOrEqual(retryOf(answer) + 6);
});

test("two active machines that divide the limit keep it", async () => {
  const { gears, gateway: first } = await start(
    { settings: { LIMIT: "4", PERIOD: "6" } },
    { limit: { calls: 10, periodMs: 6000 }, limiter: "sliding-log" },
  );
  const second = made.use(await startGateway(gears, ca, { settings: { LIMIT: "4", PERIOD: "6" } }));
  // Before the first call: openssl stops this process, and with it the tenant's clock.
  const pairs = Array.from({ length: 30 }, (_, number) => issue(`device-${number}`));
  await Promise.all(
    pairs.map(async (pair, number) => {
      const gateway = number % 2 === 0 ? first : second;
      for (;;) {
        const answer = await gateway.send(pair, { target: linkUser(`device-${number}`, 1) });
        if (answer.status === 200) return;
        await wait(retryOf(answer) * 1000);
      }
    }),
  );
  expect(gears.links.size).toBe(30);
  expect(gears.callsOf("link_user").every(({ status }) => status === 200)).toBe(true);
});

test("BINDING=cn: a certificate links the device that it names, and no other", async () => {
  const { gears, gateway } = await start({ settings: { BINDING: "cn", LIMIT: "1000", PERIOD: "1" } });
  const hwid = "1dc0aaaa292ce801f5379042d68bb6cb";
  expect(await gateway.send(issue(hwid), { target: linkUser(hwid, 1) })).toMatchObject({ status: 200 });
  const mac = issue("00-0C-29-F2-7A-29");
  expect(await gateway.send(mac)).toMatchObject({ status: 200 });
  const before = gears.calls.length;
  for (const target of [linkUser(hwid, 1), linkUser("00:0c:29:f2:7a:2a"), linkUser("000c29f27a2"), linkUser("-:", 1)]) {
    expect(await gateway.send(mac, { target })).toMatchObject({ status: 403 });
  }
  expect(gears.calls.length).toBe(before);
});

test("with a BINDING other than cn nothing starts, because it would bind no certificate", async () => {
  await expect(start({ settings: { BINDING: "CN" } })).rejects.toThrow(
    /BINDING is CN: set it to cn or list in gateway\.conf/,
  );
});

test("a revoked certificate is refused from the next reload on", async () => {
  const [kept, stolen] = [issue("kept"), issue("stolen")];
  const list = ca.revoke();
  const { gateway } = await start({ settings: { CRL: list, LIMIT: "1000", PERIOD: "1" } });
  expect(await gateway.send(stolen)).toMatchObject({ status: 200 });
  ca.revoke(stolen);
  await gateway.reload();
  await expect.poll(async () => (await gateway.send(stolen)).status).toBe(401);
  await expect.poll(async () => (await gateway.send(kept)).status).toBe(200);
});

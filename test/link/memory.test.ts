import fc from "fast-check";
import { expect, test } from "vitest";
import { formatMemory, type MachineMemory, ownMemory, parseMemory } from "../../agent/link/memory.ts";
import { readPaceMemory } from "../../agent/pace/pace-memory.ts";

const text = fc.string({ minLength: 1, maxLength: 20 });
const time = fc.integer({ min: 0, max: 4e12 });
const link = fc.record({
  device: fc.record({
    value: text,
    opt: fc.constantFrom(0 as const, 1 as const),
    source: fc.constantFrom("opswat" as const, "mac" as const, "hwid" as const),
    detail: text,
  }),
  username: text,
  group: fc.option(text),
  tenant: text,
  account: fc.option(text),
  linkedAt: time,
});
const lastRun = fc.record({
  outcome: fc.constantFrom("linked" as const, "unreachable" as const),
  message: fc.string(),
  errorCode: fc.option(text),
  endedAt: time,
});
const refusal = fc.record({
  code: fc.constantFrom("device-not-found" as const, "credentials-refused" as const, "redirected" as const),
  message: fc.string(),
  asked: fc.record({
    tenant: text,
    account: fc.option(text),
    username: text,
    group: fc.option(text),
    devices: fc.array(text, { maxLength: 3 }),
  }),
  since: time,
  until: time,
});
const unknown = fc.record({
  tenant: text,
  account: fc.option(text),
  devices: fc.array(text, { maxLength: 3 }),
  since: time,
});
const hardware = fc.array(text, { maxLength: 3 });
const links = fc.array(time, { maxLength: 6 });
const memory = fc.record(
  {
    link,
    lastRun,
    notBefore: time,
    refusal,
    unknown,
    pace: fc.json().map(JSON.parse),
    hardware,
    links,
    waiter: fc.nat(),
  },
  { requiredKeys: [] },
);

test("what is written is read back", () => {
  fc.assert(
    fc.property(memory, (written) => {
      const expected = Object.entries(written).filter(([, value]) => value !== undefined);
      expect(parseMemory(formatMemory(written as MachineMemory))).toEqual(Object.fromEntries(expected));
    }),
  );
});

test("a truncated file is damaged, not partly used", () => {
  fc.assert(
    fc.property(memory, fc.double({ min: 0, max: 0.99, noNaN: true }), (written, part) => {
      const whole = formatMemory(written as MachineMemory).trimEnd();
      expect(parseMemory(whole.slice(0, Math.floor(whole.length * part)))).toBeUndefined();
    }),
  );
});

test("any other JSON is damaged", () => {
  fc.assert(
    fc.property(fc.json(), (json) => {
      expect(parseMemory(json)).toBeUndefined();
    }),
  );
  expect(parseMemory('{"version":1,"notBefore":9e15}')).toBeUndefined();
  expect(parseMemory('{"version":2}')).toBeUndefined();
  expect(parseMemory('{"version":1,"link":{"username":"alice"}}')).toBeUndefined();
  // No Date can hold it, so it can't be shown.
  expect(parseMemory('{"version":1,"notBefore":1e300}')).toBeUndefined();
});

const uuid = "4c4c4544-0042-3510-8052-b4c04f4e3732";
const kept: MachineMemory = { pace: {}, notBefore: 7, hardware: ["00:0c:29:f2:7a:29", uuid] };

test("a memory belongs to the machine while one hardware identifier is the same", () => {
  const newCard = ["00:1b:21:aa:bb:cc", uuid];
  expect(ownMemory(kept, newCard)).toEqual({ memory: { ...kept, hardware: newCard }, foreign: false });
});

test("of another machine's memory only this machine's hardware remains, for the next comparison", () => {
  const clone = ["00:50:56:01:02:03", "564d1234-0042-3510-8052-b4c04f4e3732"];
  expect(ownMemory(kept, clone)).toEqual({ memory: { hardware: clone }, foreign: true });
});

test("if the hardware was or is unknown, the memory counts as this machine's", () => {
  expect(ownMemory({ notBefore: 7 }, [uuid])).toEqual({ memory: { notBefore: 7, hardware: [uuid] }, foreign: false });
  expect(ownMemory(kept, [])).toEqual({ memory: kept, foreign: false });
});

test("the memory of version 0.1.0 is read: its link counts, its schedule starts over", () => {
  const link = {
    device: { value: "00:0c:29:f2:7a:29", opt: 0, source: "mac", detail: "eth0" },
    username: "alice",
    group: null,
    tenant: "https://gears.opswat.com",
    account: "client-1",
    linkedAt: 1,
  } as const;
  const asked = { tenant: link.tenant, account: "client-1", username: "alice", group: null, devices: ["a"] };
  const refusal = { code: "device-not-found", message: "", asked, since: 1, until: 2 };
  const pace = { version: 1, basis: 600_000, tile: 1, width: 2_400_000, position: 0, point: 9, hold: 0, asked: false };
  const lastRun = { outcome: "rate-limited", message: "", errorCode: "not-due", endedAt: 3 };
  const text = JSON.stringify({ version: 1, link, lastRun, pace, notBefore: 7, refusal, hardware: ["a"] });
  const read = parseMemory(text);
  expect(read).toMatchObject({ link, lastRun, notBefore: 7, refusal });
  expect(readPaceMemory(read?.pace)).toBeUndefined();
});

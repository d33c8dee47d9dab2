import { describe, expect, test } from "vitest";
import { duration } from "../../agent/duration.ts";
import { AgentError, type ErrorCode } from "../../agent/errors.ts";
import type { MachineMemory } from "../../agent/link/memory.ts";
import type { Countdown, IdentityFinding, Known, LinkOptions, LinkPorts, LinkVerdict } from "../../agent/link/ports.ts";
import { runLink } from "../../agent/link/run.ts";
import { createLog, type LogEvent } from "../../agent/log.ts";
import { slotOf } from "../../agent/pace/slot.ts";
import { virtualClock } from "../fakes/clock.ts";
import { candidate, alice as identity, second, usualSettings } from "./usual-run.ts";

/** Its place is in the first quarter of an hour. */
const first = candidate("00:0c:29:f2:7a:30");
const alice: IdentityFinding & { kind: "identity" } = {
  kind: "identity",
  identity: { ...identity, candidates: [first, second], hardware: [first.value, second.value] },
};
const linked: LinkVerdict = { kind: "linked", message: "OK" };
const unknown: LinkVerdict = { kind: "device-unknown" };
const limited: LinkVerdict = { kind: "rate-limited", notBefore: undefined };

const target = { tenant: "https://gears.opswat.com", account: "client-1" };
const options: LinkOptions = {
  settings: usualSettings,
  force: false,
  immediate: true,
  willRepeat: false,
};

/** A run whose API gives these answers, one a call; an error code is thrown. */
function scene(
  answers: readonly (LinkVerdict | ErrorCode | AgentError)[],
  parts: { memory?: MachineMemory; findings?: IdentityFinding[] } = {},
) {
  const clock = virtualClock();
  const left = [...answers];
  const findings = [...(parts.findings ?? [])];
  const asked: string[] = [];
  const events: string[] = [];
  /** Those that the result reports, too. */
  const ends: string[] = [];
  const logTo = (...places: readonly string[][]) => {
    const sinks = places.map(
      (place) =>
        ({ event }: LogEvent) =>
          void place.push(event),
    );
    return createLog("debug", sinks, () => clock.now());
  };
  const state = {
    memory: parts.memory ?? {},
    writable: true,
    locked: 0,
    waiter: false,
    circumstances: "office",
    addresses: [] as readonly string[],
  };
  const ports: LinkPorts = {
    target: () => target,
    find: async () => findings.shift() ?? alice,
    link: async ({ value }, username, group) => {
      asked.push(`${value} ${username} ${group}`);
      const answer = left.shift() ?? "internal";
      if (typeof answer === "string") throw new AgentError(answer, `the API gave ${answer}`);
      if (answer instanceof AgentError) throw answer;
      return answer;
    },
    requests: () => ({ token: 0, linkUser: asked.length }),
    rest: async () => {
      expect(state.locked).toBe(0);
      events.push("rest");
    },
    lock: async () => {
      state.locked++;
      return { [Symbol.dispose]: () => void state.locked-- };
    },
    addresses: () => state.addresses,
    circumstances: () => state.circumstances,
    claimWait: () => (state.waiter ? undefined : { [Symbol.dispose]: () => {} }),
    pid: 4711,
    countdown: undefined,
    store: {
      read: () => ({ memory: state.memory, problem: undefined }),
      write: (memory) => {
        if (!state.writable) throw new Error("ENOSPC");
        state.memory = memory;
      },
    },
    clock,
    random: () => 0.5,
    log: logTo(events),
    endLog: logTo(events, ends),
  };
  /** Does something at the end of each sleep of a wait. */
  const whileAsleep = (happens: () => void): void => {
    const { sleep } = clock;
    const watched = { ...clock, sleep: async (ms: number, signal: AbortSignal) => sleep(ms, signal).then(happens) };
    Object.assign(ports, { clock: watched });
  };
  const run = (change: Partial<LinkOptions> = {}, signal = new AbortController().signal) =>
    runLink(ports, { ...options, ...change }, signal);
  return { run, asked, events, ends, state, clock, ports, whileAsleep };
}

test("a link is made, reported and remembered", async () => {
  const { run, state, asked } = scene([linked]);
  const device = { value: first.value, opt: 0, source: "mac", detail: "eth0" };
  expect(await run()).toMatchObject({
    outcome: "linked",
    device,
    username: "alice",
    group: "Sales",
    requests: { linkUser: 1 },
  });
  expect(state.memory.link).toMatchObject({ device, username: "alice", group: "Sales", ...target });
  expect(asked).toEqual([`${first.value} alice Sales`]);
});

test("an immediate run is not delayed by the time that its decision takes", async () => {
  const { run, ports, clock } = scene([linked]);
  let ticks = 0;
  Object.assign(ports, { clock: { ...clock, now: () => clock.now() + ticks++ } });
  await run();
  expect(clock.slept).toEqual([]);
});

test("a second run makes no call", async () => {
  const { run, asked } = scene([linked]);
  await run();
  expect(await run()).toMatchObject({ outcome: "already-linked", username: "alice", requests: { linkUser: 1 } });
  expect(asked).toHaveLength(1);
});

test("identifiers that the API does not know cost one call each, also over a 429", async () => {
  const { run, asked } = scene([unknown, limited, linked]);
  expect(await run()).toMatchObject({ outcome: "linked", device: { value: second.value } });
  expect(asked.map((call) => call.split(" ")[0])).toEqual([first.value, second.value, second.value]);
});

test("a device without a known identifier ends the run at once", async () => {
  const { run, clock, state } = scene([unknown, unknown]);
  const result = await run();
  expect(result).toMatchObject({ outcome: "device-unknown", error: { code: "device-not-found" }, username: "alice" });
  expect(result.message).toContain(first.value);
  expect(clock.slept).toEqual([]);
  expect(state.memory.lastRun).toMatchObject({ outcome: "device-unknown" });
});

const reported: Known = {
  device: { value: first.value, opt: 0, source: "mac", detail: "eth0" },
  username: "alice",
  group: "Sales",
};

test.each<[string, readonly (LinkVerdict | ErrorCode)[], Partial<LinkOptions>, object]>([
  ["a refusal", ["request-refused"], {}, reported],
  ["a refusal of the second identifier", [unknown, "request-refused"], {}, { device: { value: second.value } }],
  ["a refused credential", ["credentials-refused"], {}, reported],
  ["the limit", [{ kind: "rate-limited", notBefore: virtualClock().now() + 1e7 }], { willRepeat: true }, reported],
  ["a server that fails until the deadline", Array(5000).fill("server-error"), {}, reported],
  [
    "a moment that is not due",
    [],
    { immediate: false, settings: { ...options.settings, deadline: duration("1s") } },
    reported,
  ],
  ["a device that is not known", [unknown, unknown], {}, { device: undefined, username: "alice", group: "Sales" }],
])("%s is reported with device, user and group", async (_, answers, change, expected) => {
  const { run } = scene(answers);
  expect(await run(change)).toMatchObject({ error: expect.any(AgentError), ...expected });
});

test("facts found before a failure are reported, but not those of an earlier attempt", async () => {
  const error = new AgentError("no-user", "Nobody is logged on.");
  const gone: IdentityFinding = { kind: "failed", error, known: { device: reported.device } };
  const { run } = scene(["not-connected"], { findings: [alice, gone] });
  expect(await run()).toMatchObject({ error, device: reported.device, username: undefined, group: undefined });
});

test("failures of the network are tried again until they pass", async () => {
  const { run, events, clock } = scene(["not-connected", "server-error", linked]);
  expect(await run()).toMatchObject({ outcome: "linked" });
  expect(events).toEqual(expect.arrayContaining(["not-connected", "waiting", "rest", "server-error", "linked"]));
  expect(clock.slept.length).toBeGreaterThanOrEqual(2);
});

test.each<ErrorCode>(["request-refused", "token-refused", "credentials-refused", "redirected", "not-json", "internal"])(
  "%s ends the run without another try",
  async (code) => {
    const { run, asked } = scene([code]);
    expect(await run()).toMatchObject({ error: { code } });
    expect(asked).toHaveLength(1);
  },
);

describe.each<ErrorCode>(["intercepted", "tls-untrusted"])("%s", (code) => {
  test("is waited out, as a person may repair it meanwhile", async () => {
    const { run, events } = scene([code, code, code, linked]);
    expect(await run()).toMatchObject({ outcome: "linked" });
    expect(events).toContain("waiting");
  });

  test("that persists ends the run at the deadline with its own outcome", async () => {
    const { run, state, clock } = scene(Array(5000).fill(code));
    const started = clock.now();
    expect(await run()).toMatchObject({ outcome: "protocol", error: { code } });
    expect(clock.now() - started).toBeGreaterThan(options.settings.deadline / 2);
    expect(state.memory.lastRun).toMatchObject({ outcome: "protocol" });
  });

  test("is shown at once on a terminal", async () => {
    const { run, ports, asked, clock } = scene([code, linked]);
    Object.assign(ports, { countdown: { show: () => {}, erase: () => {} } });
    expect(await run()).toMatchObject({ error: { code } });
    expect(asked).toHaveLength(1);
    expect(clock.slept).toEqual([]);
  });
});

test("still limited at the deadline is rate-limited, with the next moment remembered", async () => {
  const { run, state, clock } = scene(Array(5000).fill(limited));
  const started = clock.now();
  expect(await run()).toMatchObject({
    outcome: "rate-limited",
    error: { code: "too-many-requests" },
    message: expect.stringMatching(/\(429\)\. The next attempt is due in \d/),
  });
  expect(clock.now() - started).toBeLessThanOrEqual(options.settings.deadline);
  expect(state.memory.notBefore).toBeGreaterThan(clock.now());
});

test("the headers' moment is a lower bound", async () => {
  const { run, clock } = scene([]);
  const until = clock.now() + 600_000;
  const other = scene([{ kind: "rate-limited", notBefore: until }, linked]);
  await run();
  await other.run();
  expect(other.clock.now()).toBeGreaterThanOrEqual(until);
});

test("a run that is not due yet is linked at its device's own time, not before", async () => {
  const { run, clock, ports } = scene([linked]);
  const started = clock.now();
  const { link } = ports;
  let linkedAt = Number.NaN;
  const watched: typeof link = async (...call) => {
    linkedAt = clock.now();
    return await link(...call);
  };
  Object.assign(ports, { link: watched });
  const settings = { ...options.settings, splay: duration("1h") };
  expect(await run({ immediate: false, settings })).toMatchObject({ outcome: "linked" });
  expect(linkedAt - started).toBeCloseTo(slotOf(first.value) * 3_600_000, -1);
});

test("a user who logs off while the run waits is not linked", async () => {
  const gone: IdentityFinding = { kind: "failed", error: new AgentError("no-user", "Nobody is logged on.") };
  const { run, asked } = scene(["not-connected", linked], { findings: [alice, gone] });
  expect(await run()).toMatchObject({ outcome: "no-user" });
  expect(asked).toHaveLength(1);
});

test("a directory that does not answer is waited for", async () => {
  const silent: IdentityFinding = { kind: "failed", error: new AgentError("identity-unreadable", "no answer") };
  const { run } = scene([linked], { findings: [silent, silent] });
  expect(await run()).toMatchObject({ outcome: "linked" });
});

test("an excluded user is skipped without a call", async () => {
  const { run, asked } = scene([], { findings: [{ kind: "skipped", reason: "root is excluded" }] });
  expect(await run()).toMatchObject({ outcome: "skipped", message: "root is excluded" });
  expect(asked).toEqual([]);
});

test("a full disk does not keep the link from being made, nor the waits from growing", async () => {
  const { run, state, events } = scene(["not-connected", "not-connected", linked]);
  state.writable = false;
  expect(await run()).toMatchObject({ outcome: "linked" });
  expect(events).toContain("state-unwritable");
});

test("a process that is asked to end ends with the last failure, and remembers", async () => {
  const ending = new AbortController();
  const { run, ports, state } = scene(["not-connected"]);
  const link = ports.link;
  Object.assign(ports, {
    link: async (...parameters: Parameters<typeof link>) => {
      ending.abort(new AgentError("interrupted", "Ended by SIGTERM."));
      return await link(...parameters);
    },
  });
  expect(await run({}, ending.signal)).toMatchObject({ error: { code: "not-connected" } });
  expect(state.memory.lastRun).toMatchObject({ outcome: "unreachable" });
});

test("missing credentials end the run before any call, and are remembered for status", async () => {
  const { run, ports, asked, state } = scene([linked]);
  Object.assign(ports, {
    target: () => {
      throw new AgentError("credentials-missing", "No credentials.");
    },
  });
  expect(await run()).toMatchObject({ outcome: "credentials", error: { code: "credentials-missing" } });
  expect(asked).toEqual([]);
  expect(state.memory.lastRun).toMatchObject({ outcome: "credentials" });
});

test("a defect of the program is internal, with any error", async () => {
  const { run, ports } = scene([]);
  Object.assign(ports, {
    find: async () => {
      throw new TypeError("undefined is not a function");
    },
  });
  expect(await run()).toMatchObject({ outcome: "internal", error: { code: "internal" } });
});

test("a run on a terminal shows how long an unattended one would wait, and counts down every second", async () => {
  const { run, ports, events, clock } = scene(["not-connected", linked]);
  const shown: [number, ErrorCode][] = [];
  const countdown: Countdown = {
    show: (left, { code }) => shown.push([left, code]),
    erase: () => events.push("erase"),
  };
  Object.assign(ports, { countdown, random: () => 0.999 });
  expect(await run({ settings: { ...options.settings, retryInitialDelay: duration("10s") } })).toMatchObject({
    outcome: "linked",
  });
  expect(events.indexOf("hurried")).toBeLessThan(events.indexOf("not-connected"));
  expect(clock.slept).toEqual([...Array(9).fill(1000), 990]);
  expect(shown[0]).toEqual([9990, "not-connected"]);
  expect(shown).toHaveLength(clock.slept.length);
  expect(events.slice(-3)).toEqual(["erase", "trying", "linked"]);
});

test("one user's change, which no rollout spreads, shows no wait", async () => {
  const { run, events } = scene([linked, linked]);
  await run();
  events.length = 0;
  await run({ force: true });
  expect(events).not.toContain("hurried");
});

test("if the caller repeats the run, a long wait is left to it, and an early start ends at once", async () => {
  const later = virtualClock().now() + 1_200_000;
  const { run, state, clock, asked } = scene([{ kind: "rate-limited", notBefore: later }, linked]);
  expect(await run({ willRepeat: true })).toMatchObject({
    outcome: "rate-limited",
    error: { code: "too-many-requests" },
  });
  const { notBefore = 0 } = state.memory;
  expect(notBefore).toBeGreaterThanOrEqual(later);
  expect(await run({ willRepeat: true, immediate: false })).toMatchObject({
    outcome: "waiting",
    error: { code: "not-due" },
  });
  expect(state.memory.lastRun).toMatchObject({ outcome: "waiting", errorCode: "not-due" });
  expect(clock.slept).toEqual([]);
  expect(asked).toHaveLength(1);
  for (let starts = 0; clock.now() < notBefore; starts++) {
    expect(starts).toBeLessThan(10);
    await clock.sleep(900_000, new AbortController().signal);
    await run({ willRepeat: true, immediate: false });
  }
  expect(state.memory.lastRun).toMatchObject({ outcome: "linked" });
});

test.each<[string, readonly (LinkVerdict | ErrorCode)[], Partial<LinkOptions>, readonly string[]]>([
  ["a link", [linked], {}, ["linked"]],
  ["a failure", ["request-refused"], {}, ["request-refused"]],
  ["a failure before a link", ["not-connected", linked], {}, ["linked"]],
  [
    "an attempt that is left to the caller",
    [{ ...limited, notBefore: 4e12 }],
    { willRepeat: true },
    ["too-many-requests"],
  ],
])(
  "of %s, the result's own message is logged as its end, and nothing else is",
  async (_what, answers, change, reported) => {
    const { run, ends } = scene(answers);
    await run(change);
    expect(ends).toEqual(reported);
  },
);

test.each<[string, readonly (LinkVerdict | ErrorCode)[], ErrorCode]>([
  ["a device that the API does not know", [unknown, unknown], "device-not-found"],
  ["values that it refuses", ["request-refused"], "request-refused"],
])(
  "if the caller repeats the run, %s is reported at every start, and asked for as often as it is due",
  async (...parts) => {
    const [, answers, code] = parts;
    const { run, state, clock, asked } = scene([...answers, ...answers, linked]);
    const trigger: Partial<LinkOptions> = { willRepeat: true, immediate: false };
    const refused = { error: { code }, username: "alice" };
    expect(await run(trigger)).toMatchObject(refused);
    expect(await run(trigger)).toMatchObject(refused);
    expect(state.memory.lastRun).toMatchObject({ errorCode: code });
    expect(asked).toHaveLength(answers.length);
    // A day of starts; at the first one that asks again, the API still refuses.
    for (let starts = 0; starts < 96 && state.memory.lastRun?.outcome !== "linked"; starts++) {
      await clock.sleep(900_000, new AbortController().signal);
      await run(trigger);
    }
    expect(state.memory).toMatchObject({ lastRun: { outcome: "linked" } });
    expect(state.memory).not.toHaveProperty("refusal");
  },
);

test("a refused proxy log-on ends an unattended run, because it is never sent twice in a run; other refusals do not", async () => {
  const refused = (stage: "proxy log-on" | "tunnel") =>
    new AgentError("proxy-refused", "refused", { place: { stage, party: "proxy" } });
  const logOn = scene([refused("proxy log-on")]);
  expect(await logOn.run()).toMatchObject({ outcome: "unreachable", error: { code: "proxy-refused" } });
  expect(logOn.state.memory.refusal).toMatchObject({ code: "proxy-refused" });
  const tunnel = scene([refused("tunnel"), linked]);
  expect(await tunnel.run()).toMatchObject({ outcome: "linked" });
});

test("if the caller repeats the run, the next run does not try unknown identifiers", async () => {
  const later = virtualClock().now() + 3_600_000;
  const { run, state, clock, asked } = scene([unknown, { kind: "rate-limited", notBefore: later }, linked, unknown]);
  const trigger: Partial<LinkOptions> = { willRepeat: true, immediate: false };
  await run(trigger);
  for (let starts = 0; starts < 96 && asked.length < 3; starts++) {
    await clock.sleep(900_000, new AbortController().signal);
    await run(trigger);
  }
  expect(asked.map((call) => call.split(" ")[0])).toEqual([first.value, second.value, second.value]);
  expect(state.memory).toMatchObject({ lastRun: { outcome: "linked" } });
  expect(state.memory).not.toHaveProperty("unknown");
});

test("a person's run asks for all identifiers again", async () => {
  const later = virtualClock().now() + 3_600_000;
  const { run, asked, clock } = scene([unknown, { kind: "rate-limited", notBefore: later }, linked]);
  await run({ willRepeat: true, immediate: false });
  await clock.sleep(3_600_000, new AbortController().signal);
  expect(await run()).toMatchObject({ outcome: "linked", device: { value: first.value } });
  expect(asked).toHaveLength(3);
});

test.each<[string, Partial<LinkOptions>]>([
  ["a person", { immediate: true, willRepeat: true }],
  ["--force", { force: true, willRepeat: true, immediate: false }],
  ["a caller that does not come again", { immediate: false }],
])("but %s asks at once", async (_, change) => {
  const { run, asked } = scene([unknown, unknown, linked]);
  await run({ willRepeat: true, immediate: false });
  expect(await run(change)).toMatchObject({ outcome: "linked" });
  expect(asked).toHaveLength(3);
});

test("if the caller repeats the run, a short wait is still waited", async () => {
  const { run, clock } = scene(["not-connected", linked]);
  expect(await run({ willRepeat: true })).toMatchObject({ outcome: "linked" });
  expect(clock.slept.length).toBeGreaterThan(0);
});

test("a faulty server gets the pause that it asks for; if the caller repeats the run, that is not-due", async () => {
  const fault = (until: number): LinkVerdict => ({
    kind: "unavailable",
    error: new AgentError("server-error", "status 503"),
    notBefore: until,
  });
  const until = virtualClock().now() + 3_600_000;
  const { run, clock } = scene([fault(until), linked]);
  expect(await run()).toMatchObject({ outcome: "linked" });
  expect(clock.now()).toBeGreaterThanOrEqual(until);
  const other = scene([fault(until), linked]);
  expect(await other.run({ willRepeat: true })).toMatchObject({ outcome: "waiting", error: { code: "not-due" } });
  expect(other.state.memory).toMatchObject({ notBefore: until, lastRun: { errorCode: "not-due" } });
});

test.each<[string, LinkVerdict | ErrorCode, number]>([
  ["what failed before", "not-connected", 0],
  ["a pause that the server asked for", { kind: "rate-limited", notBefore: virtualClock().now() + 60_000 }, 60_000],
])("a person's run after one that waits for %s is delayed no longer than need be", async (_what, answer, least) => {
  const { run, clock, state } = scene([answer, linked]);
  const settings = { ...options.settings, retryInitialDelay: duration("1h"), splay: duration("0s") };
  const ended = AbortSignal.abort(new AgentError("interrupted", "SIGTERM"));
  await run({ settings, immediate: false }, ended);
  expect(state.memory.notBefore).toBeGreaterThan(clock.now());
  const started = clock.now();
  expect(await run({ settings, immediate: true })).toMatchObject({ outcome: "linked" });
  expect(clock.now() - started).toBe(least);
});

test("a network that comes back ends a wait for the network, but not one for the limit", async () => {
  const backOff = { ...options.settings, retryInitialDelay: duration("1h"), retryMaxDelay: duration("1h") };
  const waited = async (answer: LinkVerdict | ErrorCode): Promise<number> => {
    const { run, clock, state, whileAsleep, asked } = scene([answer, linked]);
    const started = clock.now();
    whileAsleep(() => {
      if (clock.now() - started === 60_000) state.addresses = ["192.0.2.7"];
    });
    expect(await run({ settings: backOff })).toMatchObject({ outcome: "linked" });
    expect(asked).toHaveLength(2);
    return clock.now() - started;
  };
  expect(await waited("not-connected")).toBe(62_500);
  expect(await waited(limited)).toBeGreaterThan(150_000);
});

test("a lost address does not end a wait", async () => {
  const { run, clock, state, whileAsleep } = scene(["not-connected", linked]);
  const started = clock.now();
  state.addresses = ["192.0.2.7", "192.0.2.8"];
  whileAsleep(() => {
    state.addresses = ["192.0.2.8"];
  });
  const backOff = { ...options.settings, retryInitialDelay: duration("1h"), retryMaxDelay: duration("1h") };
  await run({ settings: backOff });
  expect(clock.now() - started).toBe(1_800_000);
});

test.each<[string, LinkVerdict | ErrorCode, Partial<LinkOptions>, ErrorCode]>([
  ["for the limit", limited, {}, "too-many-requests"],
  ["for the server", "server-error", {}, "server-error"],
  ["for its slot", linked, { immediate: false }, "interrupted"],
])("a run that is asked to end while it waits %s does so at once, and keeps its schedule", async (...parts) => {
  const [, answer, change, code] = parts;
  const ending = new AbortController();
  const { run, state, asked, whileAsleep, clock } = scene([answer, "internal"]);
  whileAsleep(() => ending.abort(new AgentError("interrupted", "Ended by SIGTERM.")));
  const settings = { ...options.settings, retryInitialDelay: duration("10m") };
  const result = await run({ settings, ...change }, ending.signal);
  expect(result).toMatchObject({ error: { code } });
  expect(clock.slept).toHaveLength(1);
  expect(asked).toHaveLength(change.immediate === false ? 0 : 1);
  expect(state.memory.lastRun).toMatchObject({ outcome: result.outcome, errorCode: code });
  expect(state.memory.pace).toBeDefined();
  expect(state.memory.notBefore).toBeGreaterThan(clock.now());
});

test("a run that is asked to end does not undo what another one did meanwhile", async () => {
  const ending = new AbortController();
  const { run, state, whileAsleep } = scene([limited]);
  const done: MachineMemory = { lastRun: { outcome: "linked", message: "OK", errorCode: null, endedAt: 1 } };
  whileAsleep(() => {
    state.memory = done;
    ending.abort(new AgentError("interrupted", "Ended by SIGTERM."));
  });
  await run({}, ending.signal);
  expect(state.memory).toEqual(done);
});

const onClone: IdentityFinding & { kind: "identity" } = {
  kind: "identity",
  identity: {
    candidates: [
      { value: "1dc0aaaa292ce801f5379042d68bb6cb", opt: 1, source: "opswat", detail: "registry", reason: "" },
      candidate("00:50:56:01:02:03"),
    ],
    hardware: ["00:50:56:01:02:03"],
    username: "alice",
    group: "Sales",
    warnings: [],
  },
};

test("a cloned disk is linked again, also where the vendor's device ID was cloned with it", async () => {
  const [vendor = first] = onClone.identity.candidates;
  const original = scene([linked], {
    findings: [{ ...alice, identity: { ...alice.identity, candidates: [vendor, first] } }],
  });
  await original.run();
  expect(original.state.memory.link?.device.source).toBe("opswat");
  const clone = scene([linked], { findings: [onClone, onClone], memory: original.state.memory });
  expect(await clone.run()).toMatchObject({ outcome: "linked", requests: { linkUser: 1 } });
  expect(clone.events).toContain("other-hardware");
  expect(await clone.run()).toMatchObject({ outcome: "already-linked" });
});

test("a cloned disk does not bring the original's moment for the next attempt along", async () => {
  const original = scene(Array(5000).fill(limited));
  await original.run();
  const { memory } = original.state;
  expect(memory.notBefore).toBeGreaterThan(original.clock.now());
  const clone = scene([linked], { findings: [onClone], memory });
  expect(await clone.run()).toMatchObject({ outcome: "linked" });
  expect(clone.clock.slept).toEqual([]);
});

test("a failed look-up that did not stop the link is logged and remembered for status", async () => {
  const warnings = ["opswat: 127.0.0.1:11369 could not be read: no answer"];
  const { run, ports, events, state } = scene([linked], {
    findings: [{ ...alice, identity: { ...alice.identity, warnings } }],
  });
  const reported: string[] = [];
  Object.assign(ports, {
    log: { ...ports.log, warn: (event: string, message: string) => reported.push(event, message) },
  });
  expect(await run()).toMatchObject({ outcome: "linked" });
  expect(reported).toEqual(["identity-warning", ...warnings]);
  expect(state.memory.lastRun).toMatchObject({ outcome: "linked", warnings });
  const next = scene([], { findings: [alice], memory: state.memory });
  expect(await next.run()).toMatchObject({ outcome: "already-linked" });
  expect(next.state.memory.lastRun).not.toHaveProperty("warnings");
  expect(events).toContain("linked");
});

/** Logons of these users in turn, each of which starts a run, ten seconds apart. */
async function logOnInTurn(answers: readonly (LinkVerdict | ErrorCode)[], users: readonly string[], logons: number) {
  const turns = Array.from({ length: logons }, (_, at) => users[at % users.length] ?? "");
  const findings = turns.map((username) => ({ ...alice, identity: { ...alice.identity, username } }));
  const machine = scene(answers, { findings });
  for (let at = 0; at < logons; at++) {
    await machine.run({ immediate: false, willRepeat: true, settings: { ...options.settings, splay: duration("0s") } });
    await machine.clock.sleep(10_000, new AbortController().signal);
  }
  return machine;
}

test.each<[string, LinkVerdict | ErrorCode, number]>([
  ["linked", linked, 1],
  ["refused by the API", "request-refused", 1],
  ["unknown to the API", unknown, 2],
  ["without a valid credential", "credentials-refused", 1],
])("two people who log on in turn, %s, can't use up the account's limit", async (_, answer, callsEach) => {
  const { asked, run, clock, state } = await logOnInTurn(Array(500).fill(answer), ["alice", "bob"], 59);
  expect(asked).toHaveLength(6 * callsEach);
  if (answer === linked) expect(state.memory.lastRun?.message).toContain("6 links within an hour");
  // An hour after the first one the device may link again, for the user who is logged on then.
  await clock.sleep(3_600_000, new AbortController().signal);
  await run({ immediate: false, willRepeat: true });
  expect(asked).toHaveLength(7 * callsEach);
  expect(asked.at(-1)).toContain("alice");
});

test.each<[string, Partial<LinkOptions>]>([
  ["a person", { immediate: true }],
  ["--force", { immediate: false, force: true, settings: { ...options.settings, splay: duration("0s") } }],
])("but %s is not held back", async (_, change) => {
  const { asked, run } = await logOnInTurn(Array(500).fill(linked), ["alice", "bob"], 20);
  const before = asked.length;
  expect(await run(change)).toMatchObject({ outcome: "linked" });
  expect(asked).toHaveLength(before + 1);
});

test("while another run waits, an unattended one ends and names it", async () => {
  const waiting = scene(["not-connected", linked]);
  const ending = new AbortController();
  let reported: MachineMemory = {};
  waiting.whileAsleep(() => {
    reported = waiting.state.memory;
    ending.abort(new AgentError("interrupted", "Ended by SIGTERM."));
  });
  await waiting.run({ immediate: false, settings: { ...options.settings, splay: duration("0s") } }, ending.signal);
  expect(reported.waiter).toBe(4711);
  const second = scene(["not-connected"], { memory: reported });
  second.state.waiter = true;
  const settings = { ...options.settings, retryInitialDelay: duration("1h") };
  const result = await second.run({ immediate: false, settings: { ...settings, splay: duration("0s") } });
  expect(result).toMatchObject({ outcome: "waiting", error: { code: "already-waiting" } });
  expect(result.message).toContain("process 4711 waits already");
  expect(second.clock.slept).toEqual([]);
  expect(second.state.memory.waiter).toBe(4711);
});

test("a due link is made while another run waits, which keeps waiting", async () => {
  const { run, state } = scene([linked], { memory: { waiter: 4712 } });
  state.waiter = true;
  expect(await run({ immediate: false, settings: { ...options.settings, splay: duration("0s") } })).toMatchObject({
    outcome: "linked",
  });
  expect(state.memory.waiter).toBe(4712);
});

test("a run on a terminal waits even while another one waits", async () => {
  const { run, ports, state } = scene(["not-connected", linked]);
  state.waiter = true;
  Object.assign(ports, { countdown: { show: () => {}, erase: () => {} } });
  expect(await run()).toMatchObject({ outcome: "linked" });
});

import { expect, test } from "vitest";
import { duration } from "../../agent/duration.ts";
import { AgentError } from "../../agent/errors.ts";
import { decide, newRun } from "../../agent/link/decide.ts";
import type { MachineMemory } from "../../agent/link/memory.ts";
import type { Identity, LinkOptions } from "../../agent/link/ports.ts";
import type { Decision, Effect, Found, Moment, RunEvent, RunState } from "../../agent/link/run-state.ts";
import { alice, first, linkOfAlice, second, target, usualSettings } from "./usual-run.ts";

const now = Date.UTC(2026, 10, 25, 8);
const hour = 3_600_000;
const link = linkOfAlice(now - hour);
const refusal = {
  code: "request-refused",
  message: "No licence.",
  asked: {
    ...target,
    username: "alice",
    group: "Sales",
    devices: [first.value, second.value],
    circumstances: "office",
  },
  since: now - hour,
  until: now + hour,
} as const;

const person: LinkOptions = {
  settings: usualSettings,
  force: false,
  immediate: true,
  willRepeat: false,
};
const service: LinkOptions = { ...person, immediate: false };
const trigger: LinkOptions = { ...service, willRepeat: true };

const moment: Moment = { now, awake: 0, random: () => 0.5, ending: undefined };
const sigterm = new AgentError("interrupted", "Ended by SIGTERM.");
const found = (change: Partial<Identity> = {}): Found => ({
  kind: "identity",
  identity: { ...alice, ...change },
  target,
  circumstances: "office",
});
const lookedUp = (finding: Found, memory: MachineMemory = {}): RunEvent => ({
  kind: "looked-up",
  memory,
  finding,
  mayWait: true,
});
const error = (code: ConstructorParameters<typeof AgentError>[0]): AgentError => new AgentError(code, `it was ${code}`);

/** An effect in a word or three. */
function brief(effect: Effect): string {
  switch (effect.kind) {
    case "log":
      return `${effect.level} ${effect.event}`;
    case "ask":
      return `ask ${effect.candidate.value}`;
    case "wait":
      return `wait for ${effect.cause.code}`;
    case "end":
      return `end ${effect.end.error?.code ?? effect.end.outcome}`;
    default:
      return effect.kind;
  }
}
const briefs = ({ effects }: Decision): readonly string[] => effects.map(brief);

const fresh = (options: LinkOptions, attended = false): RunState => newRun(options, { attended, pid: 4711, now });
/** A run whose question is being answered. */
const asking = (options: LinkOptions, memory?: MachineMemory): RunState =>
  decide(fresh(options), lookedUp(found(), memory), moment).state;

test.each<[string, LinkOptions, Found, MachineMemory, readonly string[]]>([
  ["due", person, found(), {}, ["info hurried", "debug trying", `ask ${first.value}`]],
  ["not due yet, unattended", service, found(), {}, ["remember", "wait for not-due"]],
  ["linked before", person, found(), { link }, ["remember", "end already-linked"]],
  [
    "another user, who is not spread",
    service,
    found({ username: "bob" }),
    { link },
    ["debug trying", `ask ${first.value}`],
  ],
  [
    "the identifier that worked first",
    person,
    found(),
    { link: { ...link, username: "bob", device: { ...link.device, value: second.value } } },
    ["debug trying", `ask ${second.value}`],
  ],
  ["an excluded user", person, { kind: "skipped", reason: "root is excluded" }, {}, ["remember", "end skipped"]],
  [
    "nobody there",
    person,
    { kind: "failed", error: error("no-user") },
    {},
    ["error no-user", "remember", "end no-user"],
  ],
  [
    "a silent directory",
    person,
    { kind: "failed", error: error("identity-unreadable") },
    {},
    ["warn identity-unreadable", "remember", "wait for identity-unreadable"],
  ],
  [
    "a warning",
    person,
    found({ warnings: ["no answer"] }),
    { link },
    ["warn identity-warning", "remember", "end already-linked"],
  ],
  [
    "another machine's memory",
    person,
    found(),
    { link, hardware: ["another"] },
    ["info other-hardware", "info hurried", "debug trying", `ask ${first.value}`],
  ],
  [
    "a refusal that stands",
    trigger,
    found(),
    { refusal },
    ["error request-refused", "remember", "end request-refused"],
  ],
  [
    "a refusal that stands, for a person",
    person,
    found(),
    { refusal },
    ["info hurried", "debug trying", `ask ${first.value}`],
  ],
  [
    "a known stranger among the identifiers",
    { ...trigger, settings: { ...trigger.settings, splay: duration("0s") } },
    found(),
    { unknown: { ...target, devices: [first.value], since: now - 1 } },
    ["debug trying", `ask ${second.value}`],
  ],
])("looked up: %s", (_, options, finding, memory, expected) => {
  expect(briefs(decide(fresh(options), lookedUp(finding, memory), moment))).toEqual(expected);
});

const answers: readonly [string, LinkOptions, RunEvent, readonly string[]][] = [
  [
    "linked",
    person,
    { kind: "answered", candidate: first, verdict: { kind: "linked", message: "OK" } },
    ["info linked", "remember", "end linked"],
  ],
  [
    "device unknown",
    person,
    { kind: "answered", candidate: first, verdict: { kind: "device-unknown" } },
    ["info device-unknown", `ask ${second.value}`],
  ],
  [
    "over the limit",
    person,
    { kind: "answered", candidate: first, verdict: { kind: "rate-limited", notBefore: now + 60_000 } },
    ["warn too-many-requests", "remember", "wait for too-many-requests"],
  ],
  [
    "over the limit for long, for a trigger",
    { ...trigger, immediate: true },
    { kind: "answered", candidate: first, verdict: { kind: "rate-limited", notBefore: now + hour } },
    ["warn too-many-requests", "remember", "end too-many-requests"],
  ],
  [
    "over the limit until after the deadline",
    person,
    { kind: "answered", candidate: first, verdict: { kind: "rate-limited", notBefore: now + 9 * hour } },
    ["warn too-many-requests", "remember", "end too-many-requests"],
  ],
  [
    "out of order",
    person,
    {
      kind: "answered",
      candidate: first,
      verdict: { kind: "unavailable", error: error("server-error"), notBefore: undefined },
    },
    ["warn server-error", "remember", "wait for server-error"],
  ],
  [
    "out of order for long, for a trigger",
    { ...trigger, immediate: true },
    {
      kind: "answered",
      candidate: first,
      verdict: { kind: "unavailable", error: error("server-error"), notBefore: now + hour },
    },
    ["warn server-error", "remember", "end not-due"],
  ],
  [
    "refused",
    person,
    { kind: "failed", error: error("request-refused") },
    ["error request-refused", "remember", "end request-refused"],
  ],
  [
    "no connection",
    person,
    { kind: "failed", error: error("not-connected") },
    ["warn not-connected", "remember", "wait for not-connected"],
  ],
  [
    "a captive portal, unattended",
    person,
    { kind: "failed", error: error("intercepted") },
    ["warn intercepted", "remember", "wait for intercepted"],
  ],
  ["a defect", person, { kind: "failed", error: error("internal") }, ["error internal", "remember", "end internal"]],
];

test.each(answers)("answered: %s", (_, options, event, expected) => {
  expect(briefs(decide(asking(options), event, moment))).toEqual(expected);
});

test("answered: a captive portal ends an attended run at once", () => {
  const state = { ...asking(person), attended: true };
  const decision = decide(state, { kind: "failed", error: error("intercepted") }, moment);
  expect(briefs(decision)).toEqual(["error intercepted", "remember", "end intercepted"]);
});

test("waited: an identifier unknown in one account is tried again in another", () => {
  const unknown = { kind: "device-unknown" } as const;
  const { state } = decide(asking(person), { kind: "answered", candidate: first, verdict: unknown }, moment);
  const again = (account: string) =>
    briefs(decide(state, lookedUp({ ...found(), target: { ...target, account } } as Found), moment)).at(-1);
  expect(again(target.account)).toBe(`ask ${second.value}`);
  expect(again("client-2")).toBe(`ask ${first.value}`);
});

test("refused: each unknown identifier is tried once, until none is left", () => {
  const unknown = { kind: "device-unknown" } as const;
  const { state } = decide(asking(person), { kind: "answered", candidate: first, verdict: unknown }, moment);
  const { effects } = decide(state, { kind: "answered", candidate: second, verdict: unknown }, moment);
  expect(effects.map(brief)).toEqual([
    "info device-unknown",
    "error device-not-found",
    "remember",
    "end device-not-found",
  ]);
  expect(effects).toContainEqual({
    kind: "remember",
    memory: expect.objectContaining({ refusal: expect.objectContaining({ code: "device-not-found", since: now }) }),
  });
});

const afterLimit = decide(
  asking(person),
  { kind: "answered", candidate: first, verdict: { kind: "rate-limited", notBefore: now + 60_000 } },
  moment,
).state;

test("waited: everything is looked up again, and a person waits for the device's turn then", () => {
  const { schedule } = afterLimit;
  if (schedule === undefined) throw new TypeError("no schedule");
  const waited = decide(afterLimit, { kind: "waited", schedule }, { ...moment, now: now + 30_000 });
  expect(briefs(waited)).toEqual(["look-up"]);
  const again = decide(waited.state, lookedUp(found()), { ...moment, now: now + 30_000, awake: 30_000 });
  expect(briefs(again)).toEqual(["remember", "wait for not-due"]);
});

test.each([
  ["a failure ends with it", error("too-many-requests"), "too-many-requests"],
  ["its turn ends as interrupted", error("not-due"), "interrupted"],
])("interrupted: a wait for %s, and the schedule is kept", (_, cause, code) => {
  const { schedule } = afterLimit;
  if (schedule === undefined) throw new TypeError("no schedule");
  const decision = decide(afterLimit, { kind: "interrupted", schedule, cause }, { ...moment, ending: sigterm });
  expect(briefs(decision)).toEqual(["amend", `end ${code}`]);
});

test("interrupted: a call that is cut off ends with the earlier attempt's failure", () => {
  const failure = error("not-connected");
  const decision = decide(
    { ...asking(person), failure },
    { kind: "failed", error: sigterm },
    { ...moment, ending: sigterm },
  );
  expect(briefs(decision)).toEqual(["warn not-connected", "remember", "end not-connected"]);
});

test("locked out: the run ends, and the memory stays as it is", () => {
  const decision = decide(fresh(person), { kind: "locked-out", error: error("state-busy") }, moment);
  expect(briefs(decision)).toEqual(["error state-busy", "end state-busy"]);
});

test("every decision has one move, its last effect", () => {
  const isMove = ({ kind }: Effect): boolean => ["look-up", "ask", "wait", "end"].includes(kind);
  for (const [, options, event] of answers) {
    const { effects } = decide(asking(options), event, moment);
    expect(effects.map(isMove)).toEqual([...effects.slice(1).map(() => false), true]);
  }
});

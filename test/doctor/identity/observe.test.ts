import { expect, test } from "vitest";
import type { Clock } from "../../../agent/clock.ts";
import { observe } from "../../../agent/doctor/identity/observe.ts";
import { absent, found } from "../../../agent/reading.ts";
import { account } from "../../fakes/accounts.ts";
import { virtualClock } from "../../fakes/clock.ts";
import { fakePlatform } from "../../fakes/platform.ts";

const never = new Promise<never>(() => {});
const noVendor = async () => absent("fake", "nothing listens there");
/** A wait for a limit never ends. */
const patient: Clock = { ...virtualClock(), sleep: () => never };

test("answers pass through unchanged and are kept with the time that all calls took", async () => {
  let time = 0;
  const clock: Clock = { ...patient, monotonic: () => time };
  const alice = account("alice");
  const look = async () => {
    time += 20;
    return found(alice, "fake");
  };
  const { platform, of, elapsed } = observe(fakePlatform({ others: { account: look } }), noVendor, clock, 1000);
  expect(await platform.account("alice")).toEqual(found(alice, "fake"));
  await platform.account("alice");
  expect(of("account")).toEqual({ readings: [found(alice, "fake"), found(alice, "fake")], elapsedMs: 40 });
  expect(of("groups")).toBeUndefined();
  expect(elapsed("account", "groups")).toBe(40);
});

test.each(["adapters", "hardwareIds", "vendorDeviceId", "sessions", "caller"] as const)(
  "%s: a look-up that does not end counts as failed after the limit",
  async (name) => {
    const clock = virtualClock();
    const { platform, of } = observe(fakePlatform({ others: { [name]: () => never } }), noVendor, clock, 10_000);
    const [reading] = [await platform[name]()].flat();
    expect(reading).toMatchObject({ kind: "failed", error: { code: "identity-unreadable" } });
    expect(of(name)?.readings).toEqual([reading]);
    expect(clock.slept).toEqual([10_000]);
  },
);

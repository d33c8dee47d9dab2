import { expect, test } from "vitest";
import { checkBindings } from "../../../agent/doctor/machine/bindings.ts";
import { checkRights } from "../../../agent/doctor/machine/rights.ts";
import { checkTrigger } from "../../../agent/doctor/machine/trigger.ts";
import { AgentError } from "../../../agent/errors.ts";
import type { Platform } from "../../../agent/platform/port.ts";
import { absent, failed, found } from "../../../agent/reading.ts";
import { resolveSettings } from "../../../agent/settings/layers.ts";
import { fakePlatform } from "../../fakes/platform.ts";

const platform = (others: Partial<Platform> = {}, privileged = true) => fakePlatform({ privileged, others });

test("a plain user's report says how to look with the rights of the trigger", () => {
  expect(checkRights(platform())).toEqual({ status: "ok", detail: "runs as root" });
  expect(checkRights(platform({}, false))).toMatchObject({ status: "warn", advice: "sudo linkuser-agent doctor" });
  const windows = checkRights(platform({ name: "windows" }, false));
  expect(windows).toMatchObject({ status: "warn", advice: "run it from an elevated prompt" });
});

test("a trigger is reported where the platform can find it", () => {
  const trigger = (reading: ReturnType<NonNullable<Platform["trigger"]>>) =>
    checkTrigger(platform({ trigger: () => reading }), undefined);
  expect(checkTrigger(platform(), undefined)).toMatchObject({ status: "skip" });
  expect(trigger(found("a task", "fake"))).toEqual({ status: "ok", detail: "a task" });
  expect(trigger(absent("fake", "no task"))).toMatchObject({
    status: "warn",
    detail: "Nothing runs at logon: no task",
  });
  const error = new AgentError("settings-unreadable", "EACCES");
  expect(trigger(failed("fake", error))).toEqual({ status: "fail", error });
});

test("settings that the trigger's run can't use fail if there is a trigger", () => {
  const error = new AgentError("settings-hidden", "caFile");
  const check = (reading: ReturnType<NonNullable<Platform["trigger"]>>, settings = resolveSettings([])) =>
    checkTrigger(platform({ trigger: () => reading, unusableForTrigger: () => error }), settings);
  expect(check(found("a unit", "fake"))).toEqual({ status: "fail", error });
  expect(check(absent("fake", "no unit"))).toMatchObject({ status: "warn" });
});

test("all bindings are tried, even if one of them fails", async () => {
  const failing = (): boolean => {
    throw new Error("error 5");
  };
  expect(await checkBindings(async () => [["users", () => true]])).toMatchObject({ status: "ok" });
  const finding = await checkBindings(async () => [
    ["crypt32: data protection", failing],
    ["logons", async () => false],
    ["lists", async () => true],
  ]);
  expect(finding).toMatchObject({
    status: "fail",
    error: {
      code: "internal",
      message: expect.stringContaining(
        "crypt32: data protection (error 5); logons (returned data in an unknown format).",
      ),
    },
  });
});

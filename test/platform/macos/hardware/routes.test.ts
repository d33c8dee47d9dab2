import { expect, test } from "vitest";
import { defaultRouteAdapters } from "../../../../agent/platform/macos/hardware/routes.ts";
import { printed } from "../fixture.ts";

test("the general default route comes before those of single adapters", () => {
  expect(defaultRouteAdapters(printed("netstat-inet"))).toEqual(["en7", "utun4", "en0"]);
});

test("a route that refuses is none", () => {
  expect(defaultRouteAdapters(printed("netstat-inet6"))).toEqual(["en0", "utun0"]);
});

test("no table, no route", () => {
  expect(defaultRouteAdapters("")).toEqual([]);
});

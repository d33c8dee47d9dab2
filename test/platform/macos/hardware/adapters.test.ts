import { expect, test } from "vitest";
import { AgentError } from "../../../../agent/errors.ts";
import { rankAdapters } from "../../../../agent/identity/device/adapter-rank.ts";
import { type Addresses, readAdapters } from "../../../../agent/platform/macos/hardware/adapters.ts";
import type { RunTool } from "../../../../agent/platform/macos/tools.ts";
import { printed } from "../fixture.ts";

const laptop: RunTool = (tool, ...parameters) => {
  if (tool === "networksetup") return printed("networksetup-laptop");
  return printed(parameters.at(-1) === "inet" ? "netstat-inet" : "netstat-inet6");
};

function ranked(addresses: Addresses, run = laptop) {
  const reading = readAdapters(() => addresses, run);
  return reading.kind === "found" ? rankAdapters(reading.value) : reading;
}

const wired = { en7: [{ mac: "00:e0:4c:00:00:01" }] };

test("built-in adapters come first, then docks, then addresses made up by software", () => {
  expect(ranked(wired)).toMatchObject({
    candidates: [
      { value: "80:65:7c:00:20:4e", detail: "en0" },
      { value: "00:e0:4c:00:00:01", detail: "en7", reason: "USB adapter or dock, carries the default route" },
      { value: "1e:a0:93:00:cd:27", detail: "en3" },
    ],
    passedOver: expect.arrayContaining([expect.objectContaining({ detail: "bridge0" })]),
  });
});

test("with a private Wi-Fi address the hardware's own comes before it", () => {
  const onWifi: RunTool = (tool, ...parameters) =>
    tool === "netstat" ? "default  192.0.2.1  UGScg  en0\n" : laptop(tool, ...parameters);
  expect(ranked({ en0: [{ mac: "2a:11:22:33:44:55" }] }, onWifi)).toMatchObject({
    candidates: [
      { value: "80:65:7c:00:20:4e", reason: expect.stringContaining("permanent address") },
      { value: "00:e0:4c:00:00:01" },
      { value: "2a:11:22:33:44:55", reason: expect.stringContaining("chosen at random") },
      { value: "1e:a0:93:00:cd:27" },
    ],
  });
});

test("an address set by hand is distinguished from a random one", () => {
  const reading = readAdapters(() => ({ en0: [{ mac: "00:11:22:33:44:55" }] }), laptop);
  expect(reading).toMatchObject({
    value: expect.arrayContaining([expect.objectContaining({ addressAssigned: "set" })]),
  });
});

test("a tunnel that carries the default route is skipped, as it has no address of hardware", () => {
  expect(ranked({ utun4: [{ mac: "00:00:00:00:00:00" }] })).toMatchObject({
    passedOver: expect.arrayContaining([expect.objectContaining({ detail: "utun4", value: undefined })]),
  });
});

test("a tool that fails is a failure, not a Mac without adapters", () => {
  const error = new AgentError("identity-unreadable", "networksetup did not end");
  const failing: RunTool = () => {
    throw error;
  };
  expect(readAdapters(() => ({}), failing)).toMatchObject({ kind: "failed", error });
});

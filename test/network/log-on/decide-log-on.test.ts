import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseChallenges } from "../../../agent/network/log-on/challenges.ts";
import {
  allowsUserName,
  decideLogOn,
  type LogOnFacts,
  type ProxyAuth,
} from "../../../agent/network/log-on/decide-log-on.ts";
import { parseProxy, proxyLogin } from "../../../agent/network/proxy/address.ts";

const named = parseProxy("http://proxy.example.com:3128", "the setting proxy");
const withLogin = { ...named, login: proxyLogin("u", "p", "the credential file") };
const decide = (offers: readonly string[], facts: Partial<LogOnFacts> = {}) =>
  decideLogOn(parseChallenges(offers), {
    mode: "auto",
    proxy: named,
    target: "gears.opswat.com:443",
    system: ["Negotiate"],
    sent: undefined,
    ...facts,
  });
const windows = ["Negotiate", "NTLM"] as const;
const negotiate = { kind: "system", scheme: "Negotiate" };

describe("what is sent", () => {
  test.each<readonly [string, readonly string[], Partial<LogOnFacts>, object]>([
    ["Negotiate where it is offered", ["NTLM", "Negotiate"], {}, negotiate],
    ["Negotiate rather than NTLM, on Windows too", ["NTLM", "Negotiate"], { system: windows }, negotiate],
    [
      "Negotiate by its setting, also beside a user name",
      ["Basic", "Negotiate"],
      { mode: "negotiate", proxy: withLogin },
      negotiate,
    ],
    [
      "Negotiate where the user name was sent and only that is offered",
      ["Negotiate"],
      { proxy: withLogin, sent: { scheme: "Basic", account: undefined } },
      negotiate,
    ],
    [
      "NTLM by its setting on Windows",
      ["Negotiate", "NTLM"],
      { mode: "ntlm", system: windows },
      { kind: "system", scheme: "NTLM" },
    ],
  ])("%s", (_, offers, facts, decision) => {
    expect(decide(offers, facts)).toEqual(decision);
  });
});

describe("refusals say what to do", () => {
  const sent = { scheme: "Negotiate", account: "PC1$@EXAMPLE.COM" } as const;
  test.each<readonly [string, readonly string[], Partial<LogOnFacts>, RegExp]>([
    ["proxyAuth none", ["Negotiate"], { mode: "none" }, /wants Negotiate .*proxyAuth is none/],
    [
      "Basic alone by the setting negotiate",
      ["Basic"],
      { mode: "negotiate", proxy: withLogin },
      /wants Basic .*proxyAuth is negotiate/,
    ],
    ["Negotiate alone by the setting basic", ["Negotiate"], { mode: "basic" }, /proxyAuth is basic/],
    ["no user name", ["Basic"], {}, /proxyUsername and proxyPassword/],
    ["NTLM alone", ["NTLM"], { system: windows }, /only proxyAuth = ntlm allows/],
    ["NTLM by its setting, elsewhere", ["NTLM"], { mode: "ntlm" }, /on Windows/],
    [
      "a proxy that the network names",
      ["Negotiate"],
      { proxy: { ...named, discovered: true } },
      /WPAD or by a PAC script over http:/,
    ],
    ["no GSSAPI", ["Negotiate"], { system: [] }, /does not support on this system/],
    ["Digest", ["Digest"], {}, /wants Digest .*supports Negotiate and Basic/],
    ["nothing known", [], {}, /without naming its kind/],
    [
      "an account",
      ["Negotiate"],
      { sent },
      /refuses the account PC1\$@EXAMPLE\.COM by Negotiate .*HTTP\/proxy\.example\.com/,
    ],
    ["an account, with Basic beside it", ["Negotiate", "Basic"], { sent, proxy: withLogin }, /refuses the account/],
    [
      "a user name",
      ["Basic", "Negotiate"],
      { proxy: withLogin, sent: { scheme: "Basic", account: undefined } },
      /refuses the user name and password from the credential file/,
    ],
  ])("%s", (_, offers, facts, why) => {
    expect(decide(offers, facts)).toEqual({ kind: "refuse", why: expect.stringMatching(why) });
  });
});

test.each([
  ["auto", true],
  ["basic", true],
  ["negotiate", false],
  ["ntlm", false],
  ["none", false],
] as const)("%s allows a user name: %s", (mode, sends) => {
  expect(allowsUserName(mode)).toBe(sends);
});

test("machine accounts are never sent to a proxy that no administrator named, and nothing is downgraded", () => {
  const offers = fc.subarray(["Negotiate", "NTLM", "Basic", "Digest", "Kerberos"]);
  const mode = fc.constantFrom<ProxyAuth>("auto", "negotiate", "ntlm", "basic", "none");
  const proxy = fc.constantFrom(named, withLogin, { ...named, discovered: true });
  const system = fc.constantFrom([], ["Negotiate"] as const, windows);
  fc.assert(
    fc.property(offers, mode, proxy, system, (offered, chosen, at, speaks) => {
      const decision = decide(offered, { mode: chosen, proxy: at, system: speaks });
      if (decision.kind === "refuse") return;
      const { scheme } = decision;
      expect(offered).toContain(scheme);
      expect([at.discovered, speaks.some((one) => one === scheme)]).toEqual([false, true]);
      if (scheme === "NTLM") expect(chosen).toBe("ntlm");
    }),
  );
});

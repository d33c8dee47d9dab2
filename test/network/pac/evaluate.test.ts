import { describe, expect, test } from "vitest";
import { AgentError } from "../../../agent/errors.ts";
import { evaluatePac, type PacQuestion } from "../../../agent/network/pac/evaluate.ts";
import { type PacWorld, runPacScript } from "../../../agent/network/pac/run-script.ts";
import { untilAborted } from "../../../agent/network/time-limit.ts";

const gears = new URL("https://gears.opswat.com/o/oauth/token?access_token=planted");
const addresses: Readonly<Record<string, readonly string[]>> = {
  "gears.opswat.com": ["192.0.2.7"],
  "intern.test": ["10.1.2.3"],
  "both.test": ["2001:db8::7", "10.1.2.4"],
};
const signal = new AbortController().signal;
/** No busy machine makes a script of these too slow. */
const stopped = () => 0;

function evaluate(body: string, world: Partial<PacWorld> = {}, now = stopped): Promise<string> {
  const script = `function FindProxyForURL(url, host) { ${body} }`;
  return runPacScript(
    script,
    gears,
    { ...given, evaluate: (question) => evaluatePac(question, now), ...world },
    signal,
  );
}

const given = {
  lookUp: async (host: string) =>
    (addresses[host] ?? []).map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
  ownAddresses: () => ["10.9.8.7", "2001:db8::9"],
};

test("gives what the script says", async () => {
  expect(await evaluate('return "PROXY p:8080; DIRECT";')).toBe("PROXY p:8080; DIRECT");
  expect(await evaluate("return null;")).toBe("");
});

test("a script that has Microsoft's function for IPv6 alone is run, too", async () => {
  const script = "function FindProxyForURLEx(url, host) { return 'PROXY p:1'; }";
  const evaluate: PacWorld["evaluate"] = (question) => evaluatePac(question, stopped);
  expect(await runPacScript(script, gears, { ...given, evaluate }, signal)).toBe("PROXY p:1");
});

test("gives the script only the URL's scheme and host", async () => {
  expect(await evaluate("return url + ' ' + host;")).toBe("https://gears.opswat.com/ gears.opswat.com");
});

describe("the functions", () => {
  test.each<[string, boolean]>([
    ['isPlainHostName("gateway")', true],
    ["isPlainHostName(host)", false],
    ['dnsDomainIs(host, ".opswat.com")', true],
    ['dnsDomainIs(host, ".example.com")', false],
    ['localHostOrDomainIs("gears", "gears.opswat.com")', true],
    ['localHostOrDomainIs("ears", "gears.opswat.com")', false],
    ["dnsDomainLevels(host) === 2", true],
    ['shExpMatch(host, "*.opswat.com")', true],
    ['shExpMatch(host, "g?ars.*")', true],
    ['shExpMatch(host, "gears.opswat")', false],
    ['shExpMatch(host, "(*.example.com|*.opswat.com)")', true],
    ['shExpMatch(host, "[a-m]ears.*")', true],
    ['shExpMatch(host, "[n-z]ears.*")', false],
    ['isInNet("10.1.2.3", "10.0.0.0")', false],
    ['isInNet("10.1.2.3", "10.0.0.0/8", "255.0.0.0")', false],
    ['isInNet("10.1.2.3", "10.0.0.0", "8")', false],
    ['isInNet("999.1.2.3", "0.0.0.0", "0.0.0.0")', false],
    ['dnsResolve("intern.test") === "10.1.2.3"', true],
    ['isResolvable("nothing.test")', false],
    ['isInNet("intern.test", "10.0.0.0", "255.0.0.0")', true],
    ['isInNet("10.1.2.3", "10.1.2.0", "255.255.255.0")', true],
    ['isInNet("11.1.2.3", "10.0.0.0", "255.0.0.0")', false],
    ['isInNet("nothing.test", "0.0.0.0", "0.0.0.0")', false],
    ['isInNet(myIpAddress(), "10.9.0.0", "255.255.0.0")', true],
    ['dnsResolve("both.test") === "10.1.2.4"', true],
    ['dnsResolveEx("both.test") === "10.1.2.4;2001:db8::7"', true],
    ['dnsResolveEx("nothing.test") === ""', true],
    ['isResolvableEx("both.test")', true],
    ['isResolvableEx("nothing.test")', false],
    ['myIpAddress() === "10.9.8.7"', true],
    ['myIpAddressEx() === "10.9.8.7;2001:db8::9"', true],
    ['isInNetEx("10.1.2.3", "10.1.0.0/16")', true],
    ['isInNetEx("10.2.2.3", "10.1.0.0/16")', false],
    ['isInNetEx("both.test", "2001:db8::/32")', true],
    ['isInNetEx("both.test", "10.1.2.0/24")', true],
    ['isInNetEx("2001:db9::1", "2001:db8::/32")', false],
    ['isInNetEx("2001:db8:0:0:8000::1", "2001:db8::8000:0:0:0/65")', true],
    ['isInNetEx("fe80::1%eth0", "fe80::/10")', true],
    ['isInNetEx("10.1.2.3", "::/0")', false],
    ['isInNetEx("10.1.2.3", "10.0.0.0/33")', false],
    ['isInNetEx("10.1.2.3", "10.0.0.0")', false],
    ['isInNetEx("nothing.test", "0.0.0.0/0")', false],
    [
      'sortIpAddressList("10.2.0.1;2001:db8::2;10.1.0.1;2001:db8::1") === "2001:db8::1;2001:db8::2;10.1.0.1;10.2.0.1"',
      true,
    ],
    ['sortIpAddressList("nonsense") === false', true],
    ['sortIpAddressList("") === false', true],
    ['weekdayRange("SUN", "SAT")', true],
    ['weekdayRange("SUN", "SAT", "GMT")', true],
    ["timeRange(0, 24)", true],
    ["timeRange(0, 0, 0, 23, 59, 59)", true],
    ['dateRange("JAN", "DEC")', true],
    ["dateRange(1, 31)", true],
    ["dateRange(1, 'JAN', 1990, 31, 'DEC', 1991)", false],
    ["dateRange(1990, 2090, 'GMT')", true],
  ])("%s is %s", async (call, expected) => {
    expect(await evaluate(`return String(${call});`)).toBe(String(expected));
  });
});

test("each name is looked up once, although the script starts again", async () => {
  const asked: string[] = [];
  const lookUp = async (host: string) => {
    asked.push(host);
    return [];
  };
  expect(
    await evaluate('dnsResolve("a.test"); dnsResolve("b.test"); dnsResolve("a.test"); return "x";', { lookUp }),
  ).toBe("x");
  expect(asked).toEqual(["a.test", "b.test"]);
});

describe("a hostile script", () => {
  test.each<[string, string, RegExp]>([
    ["that never ends", "for (;;) {}", /does not end within 1 s/],
    ["that takes all memory", "var a = []; for (;;) a.push(new Array(100000).fill(1));", /it fails|does not end/],
    ["that recurses for ever", "function f() { return f() + 1; } return f();", /it fails \(\w+\)/],
    ["that throws its own text", 'throw new Error("planted");', /it fails \(Error\)/],
    ["that gives a number", "return 7;", /does not return text/],
    ["that gives a promise", "return Promise.resolve('DIRECT');", /does not return text/],
    ["that gives what has no end", "return new Proxy({}, { get: () => { for (;;); } });", /does not return text/],
    ["that throws what throws", "throw new Proxy({}, { get: () => { throw 1; } });", /it fails \(an exception\)/],
    ["that throws what has no end", "throw { get name() { for (;;); } };", /it fails \(an exception\)/],
    [
      "that throws what is deep",
      "var o = {}; for (var p = o, i = 0; i < 1e5; i++) p = p.a = {}; throw o;",
      /it fails|breaks/,
    ],
    ["that breaks the interpreter", "return JSON.parse('['.repeat(1e6));", /it fails|crashes its interpreter/],
    ["that looks up names without end", "for (var n = 0; ; n++) dnsResolve('n' + n);", /more than 8 names/],
  ])("%s is ended", async (_, body, said) => {
    let asked = 0;
    const ended = evaluate(body, {}, () => asked++);
    await expect(ended).rejects.toMatchObject({ code: "settings-unreadable" });
    await expect(ended).rejects.toThrow(said);
    await expect(ended).rejects.not.toThrow("planted");
  });

  test("finds nothing of this program or machine", async () => {
    const names = ["process", "require", "fetch", "module", "WebAssembly", "setTimeout", "std", "os"];
    expect(await evaluate(`return ${JSON.stringify(names)}.filter((n) => n in globalThis).join();`)).toBe("");
    expect(await evaluate('return typeof (function () {}).constructor("return this")().process;')).toBe("undefined");
  });

  test("that has no FindProxyForURL is reported", async () => {
    const world = { ...given, evaluate: (question: PacQuestion) => evaluatePac(question, stopped) };
    const run = runPacScript("<html>", gears, world, signal);
    await expect(run).rejects.toMatchObject({ code: "settings-unreadable" });
  });
});

test("a result without end is cut off inside the interpreter", async () => {
  expect(await evaluate('return "PROXY p:1; ".repeat(200000);')).toHaveLength(4096);
});

test("a name without an address gives none, and an abort ends the run", async () => {
  const lookUp = () => Promise.reject(new Error("EAI_AGAIN"));
  expect(await evaluate('return String(dnsResolve("a.test"));', { lookUp })).toBe("null");
  const aborter = new AbortController();
  const hanging: PacWorld = {
    ...given,
    evaluate: (_, inTime) => {
      aborter.abort(new AgentError("interrupted", "Ended."));
      return untilAborted(new Promise<never>(() => {}), inTime);
    },
  };
  await expect(runPacScript("", gears, hanging, aborter.signal)).rejects.toMatchObject({ code: "interrupted" });
});

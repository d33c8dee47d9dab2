import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  type Answer,
  captivePortal,
  cutShort,
  endlessBody,
  endlessHeaders,
  gzipped,
  hugeHeader,
  oneByteAtATime,
  raw,
  redirect,
  reset,
  silence,
} from "../../fakes/answers.ts";
import { type Gears, startGears } from "../../fakes/gears.ts";
import { json } from "../../fakes/gears-api.ts";
import { type Endpoint, oneAttempt, setUpEndpoint, start, withDocument } from "../support/agent.ts";
import { peakMemory } from "../support/process-memory.ts";

/** A server in the API's place may be silent, slow, endless or lying: a run still ends with the right outcome. */

let gears: Gears;
let endpoint: Endpoint;

beforeEach(async () => {
  gears = await startGears({ limit: { calls: 10_000, periodMs: 60_000 } });
  endpoint = setUpEndpoint(gears);
});
afterEach(async () => {
  endpoint[Symbol.dispose]();
  await gears.close();
});

/** A call may be repeated once on a new connection without counting as an attempt: the third one is another attempt's. */
const again = 3;

const success = json(200, { result: 1, msg: "OK" });
const gzipBomb = gzipped({ ...success, body: `{"result":1,"msg":"${"O".repeat(100_000_000)}"}` });

describe.each(["token", "link_user"] as const)("%s", (scripted) => {
  test.each<[string, Answer]>([
    ["silence", silence],
    ["a reset", reset],
    ["a body cut short", cutShort],
    ["a good answer that comes too slowly, though a byte every 200 ms", oneByteAtATime(success, 200)],
  ])("69 unreachable: %s, tried again", async (_, answer) => {
    endpoint.configure({ requestTimeout: "1s" });
    gears.answerAlways(scripted, answer);
    const { exitCode, document } = await endpoint.linkUntilCall(scripted, again);
    expect(document.outcome).toBe("unreachable");
    expect(["no-answer", "connection-lost"]).toContain(document.error?.code);
    expect(exitCode).toBe(69);
  });

  test.each<[string, Answer]>([
    ["silence", silence],
    ["a reset", reset],
    ["a body cut short", cutShort],
  ])("0: %s that passes ends linked", async (_, answer) => {
    gears.answerNext(scripted, answer, 2);
    endpoint.configure({ requestTimeout: "1s" });
    const { exitCode, document } = await endpoint.link();
    expect(document.outcome).toBe("linked");
    expect(exitCode).toBe(0);
    expect(gears.links.size).toBe(1);
  });

  test.each<[string, Answer]>([
    ["a web page that says that something is wrong", { ...captivePortal, status: 403 }],
    ["an empty answer", { status: 200 }],
    ["204", { status: 204 }],
    ["text", { status: 200, body: "OK" }],
    ["JSON cut off", { status: 200, body: '{"result":1,' }],
    ["JSON that is no object", json(200, [1])],
    ["JSON of another shape", json(200, { status: "fine" })],
    ["fields of other types", json(200, { result: true, access_token: true })],
    ["an endless body", endlessBody],
    ["endless headers", endlessHeaders],
    ["a huge header", hugeHeader(success, 200_000)],
    ["a small answer that unpacks to 100 MB", gzipBomb],
    ["another protocol", raw("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n")],
    ["a proxy that wants a log-on (407)", { ...captivePortal, status: 407 }],
  ])("76 protocol: %s, without a second try", async (_, answer) => {
    gears.answerAlways(scripted, answer);
    const { exitCode, document } = await endpoint.link();
    expect(document).toMatchObject({ outcome: "protocol", error: { code: expect.any(String) } });
    expect(exitCode).toBe(76);
    expect(gears.callsOf(scripted).length).toBe(1);
    expect(gears.links.size).toBe(0);
  });

  const portals: [string, Answer][] = [
    ["its page", captivePortal],
    ["its page, in gzip that nobody asked for", gzipped(captivePortal)],
    ["its page, which calls itself JSON", { ...captivePortal, headers: { "Content-Type": "application/json" } }],
    ["the status that says so (511)", { ...captivePortal, status: 511 }],
    ["a redirect to it", redirect("http://portal.example.com/login")],
  ];

  test.each(portals)("76 protocol: a captive portal that stays, by %s; tried again", async (_, answer) => {
    gears.answerAlways(scripted, answer);
    const { exitCode, document } = await endpoint.linkUntilCall(scripted, again);
    expect(document).toMatchObject({ outcome: "protocol", error: { code: "intercepted" } });
    expect(document.message).toContain("sign in to this network");
    expect(exitCode).toBe(76);
    expect(gears.links.size).toBe(0);
  });

  test.each(portals)("0: a captive portal that lets through after a while, by %s", async (_, answer) => {
    gears.answerNext(scripted, answer, 2);
    const { exitCode, document } = await endpoint.link();
    expect(document.outcome).toBe("linked");
    expect(exitCode).toBe(0);
  });

  test.each([301, 302, 303, 307, 308])("76 protocol: a redirect (%i), which is never followed", async (status) => {
    await using elsewhere = await startGears();
    endpoint.configure(oneAttempt);
    const { pathname, search } = new URL("/o/oauth/token?from=portal", elsewhere.baseUrl);
    gears.answerAlways(scripted, redirect(`${elsewhere.baseUrl}${pathname}${search}`, status));
    const { exitCode, document } = await endpoint.link();
    const code = status === 301 || status === 308 ? "redirected" : "intercepted";
    expect(document).toMatchObject({ outcome: "protocol", error: { code } });
    expect(exitCode).toBe(76);
    expect(elsewhere.calls).toEqual([]);
  });

  test("an endless body never makes it use more than 150 MB", async () => {
    gears.answerAlways(scripted, endlessBody);
    const { child, ended } = start(["link", "--json", ...endpoint.flags, "--config", endpoint.settingsFile], {
      environment: endpoint.environment,
    });
    const peak = await peakMemory(child);
    expect(withDocument(await ended).document.error?.code).toBe("answer-too-large");
    expect(peak).toBeGreaterThan(0);
    expect(peak).toBeLessThan(150e6);
  });
});

describe("nothing in the server's answer is trusted", () => {
  test("its words can't start a line or control a terminal, and contain no secret", async () => {
    const token = gears.issueToken();
    gears.answerNext("token", json(200, { access_token: token, token_type: "bearer" }));
    const forged = '\nlinked: forged\r\n{"level":"info","event":"forged"}\u2028forged\u0085forged';
    const marks = "\u001b[31mno\u001b[0m \u0007\u009b2J \u202eabc\u2066def\u200b\u{e0041}";
    const msg = `${marks} ${gears.clientSecret} ${token} ${forged} ${"long ".repeat(2000)}`;
    gears.answerAlways("link_user", json(400, { result: 0, msg }));
    const { exitCode, stdout, stderr } = await endpoint.link();
    expect(exitCode).toBe(65);
    expect(stdout.length).toBeLessThan(5000);
    const plain = await endpoint.run(["status"]);
    const texts = [stdout, stderr, plain.stdout, ...[endpoint.logFile, endpoint.stateFile].map(textOf)];
    for (const text of [...texts, JSON.parse(stdout).message]) {
      expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
      expect(text).not.toMatch(/^(?:linked: forged|\{"level":"info","event":"forged")/m);
    }
  });

  test("a redirect that repeats the token in its address does not reveal it", async () => {
    const token = gears.issueToken();
    gears.answerNext("token", json(200, { access_token: token, token_type: "bearer" }));
    gears.answerAlways("link_user", redirect(`https://portal.example.com/${token}?access_token=${token}`));
    const { exitCode, document } = await endpoint.link();
    expect(exitCode).toBe(76);
    expect(document.message).toContain("portal.example.com");
  });
});

const textOf = (path: string): string => readFileSync(path, "utf8");

import { randomInt } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseMemory } from "../../../agent/link/memory.ts";
import { type Gears, startGears } from "../../fakes/gears.ts";
import { type Document, type Endpoint, setUpEndpoint, start, withDocument } from "../support/agent.ts";

/** A link is made once, and is not lost if anything happens to the run or its state. */

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

/** The memory, which must be complete. */
function readState() {
  const state = parseMemory(readFileSync(endpoint.stateFile, "utf8"));
  if (state === undefined) expect.fail("the state file is damaged");
  return state;
}

/** Changes the circumstances of the remembered link. */
function rememberOtherwise(change: Readonly<Record<string, unknown>>): void {
  const state = JSON.parse(readFileSync(endpoint.stateFile, "utf8"));
  writeFileSync(endpoint.stateFile, JSON.stringify({ ...state, link: { ...state.link, ...change } }));
}

const linkCalls = (): number => gears.callsOf("link_user").length;

describe("once", () => {
  test("six runs at once make one link with one call", async () => {
    const runs = await Promise.all(Array.from({ length: 6 }, () => endpoint.link()));
    expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(runs.map(({ document }) => document.outcome).sort()).toEqual([...Array(5).fill("already-linked"), "linked"]);
    expect(gears.calls.map(({ endpoint }) => endpoint)).toEqual(["token", "link_user"]);
  });

  test.each<[string, Readonly<Record<string, unknown>>]>([
    ["user", { username: "somebody-else" }],
    ["group", { group: "Another Group" }],
    ["tenant", { tenant: "https://gears-beta.opswat.com" }],
    ["account", { account: "another-client" }],
    ["device", { device: { value: "00:0c:29:f2:7a:29", opt: 0, source: "mac", detail: "eth9" } }],
  ])("another %s than remembered is linked again, and then once", async (_, change) => {
    await endpoint.link();
    rememberOtherwise(change);
    expect((await endpoint.link()).document.outcome).toBe("linked");
    expect((await endpoint.link()).document.outcome).toBe("already-linked");
    expect(linkCalls()).toBe(2);
  });

  test("another machine's memory, as on a cloned disk, is ignored: dry run, link and then once", async () => {
    await endpoint.link();
    const hardware = ["00:0c:29:f2:7a:29", "564d1234-0042-3510-8052-b4c04f4e3732"];
    const state = JSON.parse(readFileSync(endpoint.stateFile, "utf8"));
    writeFileSync(endpoint.stateFile, JSON.stringify({ ...state, hardware, notBefore: Date.now() + 3_600_000 }));
    const { document } = await endpoint.link(["--dry-run"]);
    expect(document.message).toContain("this machine has no remembered link");
    expect((await endpoint.link()).document.outcome).toBe("linked");
    expect(readFileSync(endpoint.logFile, "utf8")).toContain('"event":"other-hardware"');
    expect((await endpoint.link()).document.outcome).toBe("already-linked");
    expect(linkCalls()).toBe(2);
  });

  test("a link that is older than relinkAfter is made again", async () => {
    await endpoint.link();
    rememberOtherwise({ linkedAt: Date.now() - 3_600_000 });
    expect((await endpoint.link(["--relink-after", "2h"])).document.outcome).toBe("already-linked");
    expect((await endpoint.link(["--relink-after", "54m"])).document.outcome).toBe("linked");
    expect((await endpoint.link(["--relink-after", "0s"])).document.outcome).toBe("linked");
  });

  test("--force links again", async () => {
    await endpoint.link();
    expect((await endpoint.link(["--force"])).document.outcome).toBe("linked");
    expect(linkCalls()).toBe(2);
  });

  test("a failed run does not forget the link", async () => {
    await endpoint.link();
    gears.answerNext("link_user", { status: 302 });
    expect((await endpoint.link(["--force"])).exitCode).toBe(76);
    expect((await endpoint.link()).document.outcome).toBe("already-linked");
  });
});

describe("the identifier that worked", () => {
  test("is remembered and tried first", async () => {
    const known = await endpoint.link(["--dry-run"]);
    const candidates = known.document["candidates"] as { value: string }[];
    const last = candidates.at(-1)?.value ?? "";
    await using choosy = await startGears({ devices: [last], limit: { calls: 1000, periodMs: 60_000 } });
    using other = setUpEndpoint(choosy);
    expect((await other.link()).document.device?.value).toBe(last);
    expect((await other.link(["--force"])).document.outcome).toBe("linked");
    const tried = choosy.callsOf("link_user").map(({ device }) => device);
    expect(tried).toEqual([...candidates.map(({ value }) => value), last]);
  });
});

describe("kills", () => {
  test("40 kills at random moments lose nothing", async () => {
    const began = performance.now();
    await endpoint.link();
    const wholeRunMs = Math.ceil(performance.now() - began);
    // A run that ended before its kill is not counted: another one takes its place.
    for (let kills = 0, runs = 0; kills < 40; runs++) {
      expect(runs, "runs for 40 kills").toBeLessThan(400);
      const empty = kills % 4 === 3;
      if (empty) rmSync(endpoint.stateDir, { recursive: true, force: true });
      else expect((await endpoint.link()).exitCode).toBe(0);
      const { child, ended } = start(["link", "--force", ...endpoint.flags, "--config", endpoint.settingsFile], {
        environment: endpoint.environment,
      });
      const end = () => void child.kill("SIGKILL");
      // Between the start of the program and its end, and at its calls, just before and just after the answer.
      const moment = (["any", "call", "answered"] as const)[kills % 3];
      if (moment === "any") {
        setTimeout(end, randomInt(wholeRunMs));
      } else {
        gears.answerNext(randomInt(2) === 0 ? "token" : "link_user", ({ response }) => {
          if (moment === "call") return end();
          // A wrong token: the test ignores everything after this answer.
          response.end('{"result":1,"msg":"OK","access_token":"a-token-for-the-killed"}');
          setTimeout(end, randomInt(12));
        });
      }
      if ((await ended).signal === "SIGKILL") kills++;
      gears.answerByRules("token");
      gears.answerByRules("link_user");
      // The earlier memory stays. In an empty directory there is a whole state, or none yet.
      if (!empty) expect(readState().link).toBeDefined();
      else if (existsSync(endpoint.stateFile)) readState();
    }

    expect((await endpoint.link(["--force"])).document.outcome).toBe("linked");
    const { link } = readState();
    expect([...gears.links.keys()]).toContain(link?.device.value);
    expect((await endpoint.link()).document.outcome).toBe("already-linked");
  });

  test("a run that is asked to end does so, with one document and in words", async () => {
    gears.answerAlways("link_user", () => {});
    const { child, ended } = start(["link", "--json", ...endpoint.flags, "--config", endpoint.settingsFile], {
      environment: endpoint.environment,
    });
    gears.onCall(({ endpoint }) => {
      if (endpoint === "link_user") child.kill("SIGTERM");
    });
    const { stdout, exitCode } = await ended;
    const document: Document = JSON.parse(stdout);
    expect(document).toMatchObject({ outcome: "unreachable", error: { code: "interrupted" } });
    expect(exitCode).toBe(69);
  });
});

describe("damage", () => {
  test.each([
    ["empty", ""],
    ["cut off", '{"version":1,"link":{"device":'],
    ["not text", "\0\0\0\0\0\0\0\0"],
    [
      "with a moment that no calendar has",
      '{"version":1,"lastRun":{"outcome":"linked","message":"","errorCode":null,"endedAt":1e300}}',
    ],
    ["another shape", '{"version":1,"link":{"device":"eth0"}}'],
    ["of a later version", '{"version":99}'],
    ["an array", "[]"],
  ])("a state file that is %s costs one call and is whole afterwards", async (_, text) => {
    mkdirSync(endpoint.stateDir, { mode: 0o700 });
    writeFileSync(endpoint.stateFile, text);
    const { exitCode, stdout } = await endpoint.run(["status"]);
    expect([exitCode, stdout]).toEqual([75, expect.stringContaining("is damaged")]);
    expect((await endpoint.link()).document.outcome).toBe("linked");
    expect(readState().link).toBeDefined();
    expect((await endpoint.link()).document.outcome).toBe("already-linked");
    expect(linkCalls()).toBe(1);
  });

  test("a directory in the state file's place", async () => {
    mkdirSync(endpoint.stateFile, { recursive: true });
    const { exitCode, document } = await endpoint.link();
    expect([exitCode, document.outcome]).toEqual([0, "linked"]);
  });

  test("a left-over of a killed run beside the state file", async () => {
    mkdirSync(endpoint.stateDir, { mode: 0o700 });
    writeFileSync(`${endpoint.stateFile}.new`, '{"version":1,"li');
    expect((await endpoint.link()).document.outcome).toBe("linked");
    expect((await endpoint.link()).document.outcome).toBe("already-linked");
  });
});

describe("no user of a machine can use up the account's limit", () => {
  test("26 logons of two people in turn make six links an hour", async () => {
    endpoint.configure({ splay: "0s" });
    for (let logon = 0; logon < 26; logon++) {
      await endpoint.link(["--will-repeat"]);
      if (existsSync(endpoint.stateFile)) rememberOtherwise({ username: `somebody-else-${logon}` });
    }
    expect(linkCalls()).toBe(6);
    const { exitCode, document } = await endpoint.link(["--will-repeat"]);
    expect([exitCode, document.outcome, document.error?.code]).toEqual([75, "waiting", "not-due"]);
    expect(document.message).toContain("6 links within an hour");
    expect((await endpoint.link(["--will-repeat", "--force"])).document.outcome).toBe("linked");
  });

  test("eight sessions whose tenant can't be reached leave one run waiting; the others name it", async () => {
    await gears.close();
    endpoint.configure({ splay: "0s", retryInitialDelay: "1h", retryMaxDelay: "1h", deadline: "8h" });
    const runs = Array.from({ length: 8 }, () =>
      start(["link", "--json", ...endpoint.flags, "--config", endpoint.settingsFile], {
        environment: endpoint.environment,
      }),
    );
    const waiting = new Set(runs);
    const results = await Promise.all(
      runs.map(async (run) => {
        const result = withDocument(await run.ended);
        waiting.delete(run);
        if (waiting.size === 1) for (const { child } of waiting) child.kill("SIGTERM");
        return { pid: run.child.pid, ...result };
      }),
    );
    const waiters = results.filter(({ exitCode }) => exitCode === 69);
    const others = results.filter(({ exitCode }) => exitCode === 75);
    expect([waiters.length, others.length]).toEqual([1, 7]);
    for (const { document } of others) {
      expect(document).toMatchObject({ outcome: "waiting", error: { code: "already-waiting" } });
      expect(document.message).toContain(`process ${waiters[0]?.pid} waits already`);
    }
  });
});

import { join } from "node:path";
import { expect, test } from "vitest";
import { readCommandLine } from "../../agent/cli/command-line.ts";
import { link } from "../../agent/commands/link.ts";
import { status } from "../../agent/commands/status.ts";
import { found } from "../../agent/reading.ts";
import { account, session } from "../fakes/accounts.ts";
import { fakePlatform } from "../fakes/platform.ts";
import { fakeRuntime } from "../fakes/runtime.ts";
import { makeRoot } from "../platform/linux/tree.ts";

/** A run whose turn in the rollout is far off, with a credential and a tenant that is never asked in a unit test. */
async function runOnTerminal(...flags: readonly string[]) {
  const root = makeRoot();
  const alice = account("alice");
  const platform = fakePlatform({
    accounts: [alice],
    sessions: [session({ userKey: alice.userKey })],
    others: {
      readProtected: () => found('{"accessToken":"token"}', "fake"),
    },
  });
  let shown = "";
  const runtime = {
    ...fakeRuntime(platform),
    onTerminal: true,
    writeError: (text: string) => {
      shown += text;
    },
  };
  const places = ["--state-dir", join(root, "state"), "--log-file", join(root, "log")];
  const settings = ["--identify", "mac", "--proxy", "none", "--base-url", "http://127.0.0.1:9", "--splay", "30d"];
  const { document } = await link(runtime, readCommandLine([...places, ...settings, "--deadline", "1s", ...flags]));
  return { document, shown };
}

test("a run on a terminal starts at once", async () => {
  const { document, shown } = await runOnTerminal();
  expect(document).toMatchObject({ requests: { linkUser: 1 } });
  expect(document).not.toMatchObject({ error: { code: "not-due" } });
  expect(shown).toContain("Starting now; an unattended run would wait");
});

test("a scheduled task keeps its place in the rollout, although Windows gives it a console", async () => {
  const { document, shown } = await runOnTerminal("--will-repeat");
  expect(document).toMatchObject({ outcome: "waiting", error: { code: "not-due" }, requests: { linkUser: 0 } });
  expect(shown).toBe("");
});

test("wrong settings give one event a day for a trigger, show in status, and lose no link", async () => {
  const root = makeRoot({ "state/state.json": JSON.stringify({ version: 1, notBefore: 7 }) });
  const events: string[] = [];
  const lock = () => found({ [Symbol.dispose]: () => {} }, "fake");
  const platform = fakePlatform({
    others: {
      reportEvent: (kind) => {
        events.push(kind);
        return found("reported", "fake");
      },
      tryLock: lock,
    },
  });
  const stateDir = ["--state-dir", join(root, "state")];
  const wrong = { ...fakeRuntime(platform), environment: { LINKUSER_SPLAY: "31d" } };
  const start = () => link(wrong, readCommandLine([...stateDir, "--will-repeat"])).catch(() => {});
  await start();
  await start();
  expect(events).toEqual(["config-invalid"]);
  const shown = status(fakeRuntime(platform), readCommandLine(["status", ...stateDir]));
  expect(shown).toMatchObject({
    exitCode: 78,
    document: {
      lastRun: { outcome: "config-invalid", errorCode: "setting-invalid" },
      nextTry: "1970-01-01T00:00:00.007Z",
    },
  });
});

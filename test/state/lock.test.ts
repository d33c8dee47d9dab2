import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { AgentError } from "../../agent/errors.ts";
import { failed } from "../../agent/reading.ts";
import { acquireLock } from "../../agent/state/lock.ts";
import { virtualClock } from "../fakes/clock.ts";

test.each([
  ["the folder is mounted read-only", Object.assign(new Error(), { code: "EROFS" }), "state-unusable", /stateDir/],
  ["the lock itself fails", undefined, "state-busy", /errno 5/],
])("%s is reported", async (_what, cause, code, message) => {
  const stateDir = mkdtempSync(join(tmpdir(), "linkuser-agent-lock-"));
  onTestFinished(() => rmSync(stateDir, { recursive: true }));
  const error = new AgentError("state-busy", "it can't be locked (errno 5).", { cause });
  const locking = acquireLock(stateDir, () => failed("fake", error), virtualClock(), new AbortController().signal);
  await expect(locking).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
});

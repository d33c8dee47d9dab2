import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { config } from "../../agent/commands/config.ts";
import { dryRun } from "../../agent/commands/dry-run.ts";
import { status } from "../../agent/commands/status.ts";
import { AgentError } from "../../agent/errors.ts";
import { formatMemory } from "../../agent/link/memory.ts";
import { formatLogLine } from "../../agent/log.ts";
import { printableJson } from "../../agent/printable.ts";
import { renderReport } from "../../agent/render/doctor-report.ts";
import { describeLink } from "../../agent/render/link-text.ts";
import type { CommandResult, Runtime } from "../../agent/wiring/runtime.ts";
import { account, adapter, group, session } from "../fakes/accounts.ts";
import { fakePlatform } from "../fakes/platform.ts";
import { fakeRuntime } from "../fakes/runtime.ts";
import { makeRoot } from "../platform/linux/tree.ts";

/** Names and texts of others, in the output of every command: they can neither start a line nor command a terminal. */

const nasty = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "\n",
        "\r\n",
        "\u001b[2J",
        "\u009b1A",
        "\u202e",
        "\u2066",
        "\u200b",
        "\u2028",
        "\u2029",
        "\ud800",
      ),
      fc.constantFrom("\nlinked: forged", '\n{"level":"info","event":"forged"}', "alice", " ", '"', "\\", "\u{e0041}"),
      fc.string({ unit: "binary", maxLength: 3 }),
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map((parts) => `x${parts.join("")}`);

const forbidden = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

function holds({ text, document }: Pick<CommandResult, "text" | "document">): void {
  expect(text).not.toMatch(forbidden);
  expect(text).not.toMatch(/^(?:linked: forged|\{"level)/m);
  const json = printableJson(document);
  expect(json).not.toMatch(forbidden);
  expect(json).not.toContain("\n");
  expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(document)));
}

const now = Date.UTC(2026, 10, 23);

const runtime = (platform: Runtime["platform"]): Runtime => fakeRuntime(platform, now);

const commandLine = (command: "link" | "status" | "config", settings: Record<string, unknown>, flags = {}) => ({
  named: true,
  command,
  flags,
  settings: { kind: "flag", location: undefined, values: settings } as const,
});

test("link", () => {
  fc.assert(
    fc.property(nasty, fc.constantFrom("linked", "already-linked", "skipped", "unreachable"), (text, outcome) => {
      const device = { value: text, opt: 0, source: "mac", detail: text } as const;
      const error = outcome === "unreachable" ? new AgentError("no-answer", text) : undefined;
      const requests = { token: 1, linkUser: 1 };
      holds(
        describeLink({ outcome, device, username: text, group: text, message: text, error, requests, elapsedMs: 1 }),
      );
    }),
  );
});

test("link --dry-run", async () => {
  await fc.assert(
    fc.asyncProperty(nasty, async (text) => {
      const person = account(text, { systemName: text });
      const platform = fakePlatform({
        accounts: [person],
        sessions: [session({ userKey: person.userKey, id: text })],
        groups: [group(text, { systemName: text, domain: text }), group(`${text}2`, { primary: true })],
        adapters: [adapter({ name: text }), adapter({ name: `${text}2`, kind: "virtual", kindReason: text })],
      });
      const settings = { identify: "mac", groupPrefer: ["*"], excludeUsers: "", proxy: "none" };
      holds(await dryRun(runtime(platform), commandLine("link", settings)));
    }),
  );
});

test("status", () => {
  const stateDir = join(makeRoot(), "state");
  mkdirSync(stateDir);
  fc.assert(
    fc.property(nasty, (text) => {
      const device = { value: text, opt: 0, source: "mac", detail: text } as const;
      const remembered = { device, username: text, group: text, tenant: text, account: text, linkedAt: now };
      const lastRun = { outcome: "unreachable", message: text, errorCode: "no-answer", endedAt: now } as const;
      const memory = formatMemory({ link: remembered, lastRun });
      expect(memory).not.toMatch(forbidden);
      writeFileSync(join(stateDir, "state.json"), memory);
      const result = status(runtime(fakePlatform({})), commandLine("status", { stateDir }));
      holds(result);
      expect(result.document).toMatchObject({
        link: { username: text.toWellFormed() === text ? text : expect.any(String) },
      });
    }),
  );
});

test("config", () => {
  fc.assert(
    fc.property(nasty, (text) => {
      // Settings can't contain control characters, but they can contain marks that reorder or hide text.
      const clientId = `x${text.replace(/\p{Cc}/gu, "")}`;
      holds(config(runtime(fakePlatform({})), commandLine("config", { clientId, excludeUsers: [clientId] })));
    }),
  );
});

test("doctor", () => {
  fc.assert(
    fc.property(nasty, fc.constantFrom("ok", "warn", "fail", "skip"), (detail, status) => {
      const result = { name: "user", status, detail, advice: detail, elapsedMs: 5, measured: false, error: undefined };
      holds({ text: renderReport([result]), document: { checks: [result] } });
    }),
  );
});

test("the log", () => {
  fc.assert(
    fc.property(nasty, (text) => {
      const line = formatLogLine({
        time: now,
        level: "info",
        event: "linked",
        message: text,
        fields: { username: text },
      });
      expect(line).not.toMatch(forbidden);
      expect(line).not.toContain("\n");
      expect(JSON.parse(line)).toMatchObject({ message: JSON.parse(JSON.stringify(text)) });
    }),
  );
});

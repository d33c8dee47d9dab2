import fc from "fast-check";
import { expect, test } from "vitest";
import { readCommandLine, refuseSettings, wantsJson } from "../../agent/cli/command-line.ts";
import { AgentError } from "../../agent/errors.ts";

function mistake(...argv: readonly string[]): string {
  try {
    readCommandLine(argv);
  } catch (error) {
    if (error instanceof AgentError) return `${error.code}: ${error.message}`;
    throw error;
  }
  throw new Error("no mistake was found");
}

test("without a command it links", () => {
  expect(readCommandLine([])).toMatchObject({ command: "link", flags: {} });
  expect(readCommandLine(["link", "--dry-run"])).toEqual({ ...readCommandLine(["--dry-run"]), named: true });
});

test("takes settings as flags, with a space or an equals sign", () => {
  const { settings } = readCommandLine(["--fleet-size=2000", "--base-url", "https://x.example.com", "--splay", "-1s"]);
  expect(settings.values).toEqual({ fleetSize: "2000", baseUrl: "https://x.example.com", splay: "-1s" });
});

test("a switch needs no value", () => {
  expect(readCommandLine(["--allow-multi-session"]).settings.values).toEqual({ allowMultiSession: "true" });
  expect(readCommandLine(["--allow-multi-session=false"]).settings.values).toEqual({ allowMultiSession: "false" });
  expect(readCommandLine(["--allow-multi-session", "false", "--json"])).toMatchObject({
    flags: { json: true },
    settings: { values: { allowMultiSession: "false" } },
  });
  expect(mistake("--allow-multi-session", "false", "true")).toContain("Unexpected argument true.");
});

test.each([
  [["help"], { named: false, flags: { help: true } }],
  [["-h"], { named: false, flags: { help: true } }],
  [["help", "help"], { named: false, flags: { help: true } }],
  [["help", "--json"], { named: false, flags: { help: true, json: true } }],
  [["help", "plan"], { command: "plan", named: true, flags: { help: true } }],
  [["plan", "-h"], { command: "plan", named: true, flags: { help: true } }],
  [["help", "link", "--json"], { command: "link", named: true, flags: { help: true, json: true } }],
  [["version"], { flags: { version: true } }],
  [["-V"], { flags: { version: true } }],
  [["version", "--json"], { flags: { version: true, json: true } }],
  [["--help-all"], { named: false, flags: { "help-all": true } }],
] as const)("%j asks for a description", (argv, expected) => {
  expect(readCommandLine(argv)).toMatchObject(expected);
});

test("an empty value counts as not given for install, and for no other command", () => {
  const args = ["--group-prefer", "", "--base-url="];
  expect(readCommandLine(["install", "--credential-from", "", ...args])).toMatchObject({
    flags: {},
    settings: { values: {} },
  });
  expect(readCommandLine(["config", ...args]).settings.values).toEqual({ groupPrefer: "", baseUrl: "" });
});

test.each([
  [["stauts"], "unknown-command: There is no command stauts. Did you mean status?"],
  [["vresion"], "unknown-command: There is no command vresion. Did you mean version?"],
  [["--dryrun"], "unknown-flag: There is no flag --dryrun. Did you mean --dry-run?"],
  [["--fleetsize", "5"], "unknown-flag: There is no flag --fleetsize. Did you mean --fleet-size?"],
  [["-x"], "unknown-flag: There is no flag -x. See"],
  [["-j"], "unknown-flag: There is no flag -j. Did you mean --json?"],
  [["help", "stauts"], "unknown-command: There is no command stauts. Did you mean status?"],
  [["/?"], "see linkuser-agent --help."],
  [["status", "--force"], "unknown-flag: --force belongs to link, not to status."],
  [["status", "--dry-run"], "unknown-flag: --dry-run belongs to link, install, uninstall, not to status."],
  [
    ["--client-secret", "s3cr3t"],
    "everybody can read a process's arguments. Use the credential file or LINKUSER_CLIENT_SECRET.",
  ],
  [["--access-token=s3cr3t"], "Use the credential file or LINKUSER_ACCESS_TOKEN."],
  [["--user"], "invalid-value: --user needs a value: --user NAME"],
  [["--user", "--json"], "invalid-value: --user needs a value"],
  [["--json=yes"], "invalid-value: --json takes no value."],
  [["--fleet-size"], "invalid-value: --fleet-size needs a value: --fleet-size N"],
  [["--user", "a", "--user", "b"], "invalid-value: --user is given twice."],
  [["--fleet-size=5", "--fleet-size=6"], "invalid-value: --fleet-size is given twice."],
  [["--allow-multi-session", "--allow-multi-session"], "invalid-value: --allow-multi-session is given twice."],
  [["--constructor"], "unknown-flag: There is no flag --constructor."],
  [["link", "alice"], "unknown-command: Unexpected argument alice. Did you mean --user alice?"],
  [["doctor", "CORP\\alice"], "unknown-command: Unexpected argument CORP\\alice. Did you mean --user CORP\\alice?"],
  [["link", "–user", "alice"], "unknown-command: Unexpected argument –user. Did you mean --user?"],
  [["plan", "2000"], "unknown-command: Unexpected argument 2000. Did you mean --devices 2000?"],
  [["plan", "--devices", "5", "2000"], "unknown-command: Unexpected argument 2000. See linkuser-agent plan --help."],
  [["plan", "many"], "unknown-command: Unexpected argument many. See linkuser-agent plan --help."],
  [["--json", "status"], "unknown-command: Unexpected argument status. Put the command first: linkuser-agent status"],
  [
    ["--json", "version"],
    "unknown-command: Unexpected argument version. Put the command first: linkuser-agent version",
  ],
  [["--json", "help", "plan"], "unknown-command: Unexpected argument help. Put the command first: linkuser-agent help"],
  [["help", "doctor", "plan"], "unknown-command: Unexpected argument plan. Name one command: doctor or plan."],
  [["doctor", "help"], "unknown-command: Unexpected argument help. Did you mean linkuser-agent help doctor?"],
  [["--user", "alice", "--session", "2"], "invalid-value: --session has no effect together with --user. Use only one"],
  [["--dry-run", "--session", "2", "--user", "alice"], "invalid-value: --session has no effect together with --user."],
  [["install", "--delete-source"], "invalid-value: --delete-source has no effect without --credential-from FILE."],
  [["status", "extra"], "unknown-command: Unexpected argument extra. See linkuser-agent status --help."],
] as const)("refuses %j", (argv, message) => {
  expect(mistake(...argv)).toContain(message);
});

test("a flag's condition is met by an empty flag, as Windows Installer passes it", () => {
  const { flags } = readCommandLine(["install", "--credential-from", "", "--delete-source"]);
  expect(flags).toEqual({ "delete-source": true });
});

test.each([
  ["completion", "bash"],
  ["uninstall", "--purge"],
])("settings have no effect on %s, so they are refused with the flags that it takes", (...argv) => {
  expect(() => refuseSettings(readCommandLine([...argv, "--fleet-size", "5"]))).toThrow(
    /^--fleet-size has no effect on \w+, which takes (?:--purge, --dry-run, )?--json, --help, --help-all, --version\.$/,
  );
  expect(() => refuseSettings(readCommandLine([...argv, "--config", "x"]))).toThrow(/^--config has no effect/);
  expect(() => refuseSettings(readCommandLine(argv))).not.toThrow();
});

test("a wrong --json still asks for JSON", () => {
  expect(wantsJson(["status", "--json=yes"])).toBe(true);
  expect(wantsJson(["status", "--jsonl"])).toBe(false);
});

test("any arguments give a command line or a usage error", () => {
  const word = fc.oneof(
    fc.string(),
    fc.string().map((text) => `--${text}`),
    fc.constantFrom("--", "-", "__proto__", "--__proto__=1"),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 4 }), (argv) => {
      try {
        readCommandLine(argv);
      } catch (error) {
        expect(error).toBeInstanceOf(AgentError);
        expect((error as AgentError).outcome).toBe("usage");
      }
    }),
    { numRuns: 2000 },
  );
});

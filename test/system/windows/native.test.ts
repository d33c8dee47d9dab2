import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CallNative, installNative } from "./windows-agent.ts";
import { sharedFolder, startWineMachine, type WineMachine } from "./wine-machine.ts";

/** The platform's native parts, one by one, called from the Windows Node under Wine. */

let machine: WineMachine;
let native: CallNative;

beforeAll(async () => {
  machine = await startWineMachine();
  native = installNative(machine);
});
afterAll(async () => await machine?.[Symbol.asyncDispose]());

const inProgramData = (name: string): string => `C:\\ProgramData\\LinkUserAgent\\${name}`;

test("all bindings work", async () => {
  const { printed } = await native(["self-test"]);
  expect(printed).toEqual({ status: "ok", detail: "9 calls into the system's libraries" });
});

test("the process's token, the session's and its shell's have the same user", async () => {
  const { printed } = await native(["tokens"]);
  const { own, session, shell } = printed as Record<string, { userSid: string; groups: unknown[] }>;
  expect(own?.userSid).toMatch(/^S-1-5-21-/);
  expect(own?.groups).toContainEqual({ sid: "S-1-5-32-545", attributes: 7 });
  expect([session?.userSid, shell?.userSid]).toEqual([own?.userSid, own?.userSid]);
});

test("asks for a UPN as its own user and while impersonating another; Wine says that there is none", async () => {
  expect((await native(["own-upn"])).printed).toBe("none");
  const { printed } = await native(["shell-upn"]);
  expect(printed).toMatchObject({ upn: "none", afterwards: expect.stringMatching(/^S-1-5-21-/) });
});

test("a user that can't be impersonated has no UPN", async () => {
  expect((await native(["no-upn"])).printed).toMatch(/ImpersonateLoggedOnUser failed with Windows error \d+/);
});

test("names SIDs in a separate thread; undefined if Windows has no name", async () => {
  const { printed } = await native(["names", "S-1-5-32-544", "S-1-5-21-1-2-3-1104", "S-1-5-18"]);
  expect(printed).toEqual([
    { name: "Administrators", domain: "BUILTIN", use: 4 },
    null,
    { name: "SYSTEM", domain: "NT AUTHORITY", use: 5 },
  ]);
});

test("a call that never comes back fails in time and does not hold up the end of the process", async () => {
  const { printed, exitCode } = await native(["hang"]);
  expect(printed).toMatch(/did not return account names within 0.3 s/);
  expect(exitCode).toBe(0);
});

describe("a protected file", () => {
  beforeAll(async () => void (await native(["protect-folder", inProgramData("").slice(0, -1)])));

  test("comes back as it was written, non-ASCII text too", async () => {
    const text = JSON.stringify({ accessToken: "s3cr3t", note: "Grüße ✓" });
    await native(["protect", inProgramData("credential.json"), text]);
    const { printed } = await native(["read", inProgramData("credential.json")]);
    expect(printed).toMatchObject({ kind: "found", value: text });
  });

  test("is encrypted: the text is not in the file", async () => {
    await native(["protect", inProgramData("sealed.json"), "an-easily-found-secret"]);
    const { stdout } = await machine.run("cmd", ["/c", "type", inProgramData("sealed.json")]);
    expect(stdout).toMatch(/^\{"protection":"dpapi-machine","data":"/);
    expect(stdout).not.toContain("an-easily-found-secret");
    const { data } = JSON.parse(stdout) as { data: string };
    expect(Buffer.from(data, "base64").toString("latin1")).not.toContain("an-easily-found-secret");
  });

  test("uses nothing of a file that another user left beside it", async () => {
    const before = `${sharedFolder}\\trap.json`;
    writeFileSync(join(machine.folder, "trap.json.new"), "left here", { mode: 0o666 });
    await native(["protect", before, "secret"]);
    expect(existsSync(join(machine.folder, "trap.json.new"))).toBe(false);
    expect((await native(["read", before])).printed).toMatchObject({ kind: "found", value: "secret" });
  });

  test("leaves no temporary file if it can't be put in place", async () => {
    mkdirSync(join(machine.folder, "in-the-way"));
    await expect(native(["protect", `${sharedFolder}\\in-the-way`, "secret"])).rejects.toThrow("MoveFileExW");
    expect(existsSync(join(machine.folder, "in-the-way.new"))).toBe(false);
  });

  test("is refused when it was changed", async () => {
    const path = `${sharedFolder}\\changed.json`;
    await native(["protect", path, "secret"]);
    const file = join(machine.folder, "changed.json");
    const document = JSON.parse(readFileSync(file, "utf8")) as { data: string };
    const bytes = Buffer.from(document.data, "base64");
    bytes[bytes.length - 3] = (bytes[bytes.length - 3] ?? 0) ^ 1;
    writeFileSync(file, JSON.stringify({ ...document, data: bytes.toString("base64") }));
    const { printed } = await native(["read", path]);
    const { kind, error } = printed as { kind: string; error: { message: string } };
    expect(kind).toBe("failed");
    expect(error.message).toMatch(/sealed on another machine.*CryptUnprotectData.*error \d+/);
    expect(error.message).toContain("install --credential-from FILE");
  });

  test("is refused where others may read it, with the commands that fix it", async () => {
    await machine.run("cmd", ["/c", `echo {"accessToken":"s3cr3t"}> ${inProgramData("open.json")}`]);
    const { printed } = await native(["read", inProgramData("open.json")]);
    const { kind, error } = printed as { kind: string; error: { message: string } };
    expect(kind).toBe("failed");
    expect(error.message).toContain("S-1-1-0");
    expect(error.message).toContain(`icacls "${inProgramData("open.json")}" /inheritance:r`);
    expect(error.message).not.toContain("s3cr3t");
  });

  test("that is not there is absent", async () => {
    const { printed } = await native(["read", inProgramData("none.json")]);
    expect(printed).toMatchObject({ kind: "absent" });
  });
});

describe("a file that decides trust", () => {
  test("is refused where everybody may change it or its folder", async () => {
    writeFileSync(join(machine.folder, "config.json"), "{}");
    const { printed } = await native(["trusted", `${sharedFolder}\\config.json`]);
    expect(printed).toMatchObject({
      error: { message: expect.stringMatching(/can be changed by ordinary users.* Run icacls "/) },
    });
  });

  test("is read from a protected folder", async () => {
    await native(["protect-folder", inProgramData("").slice(0, -1)]);
    await machine.run("cmd", ["/c", `echo {}> ${inProgramData("config.json")}`]);
    const { printed } = await native(["trusted", inProgramData("config.json")]);
    expect(printed).toMatchObject({ kind: "found" });
  });
});

describe("a file that another program has open, as a virus scanner does,", () => {
  const big = "x".repeat(1024 * 1024);

  test.each([
    ["credential.json", "protect", "old"],
    ["state.json", "state", "{}"],
    ["secret.json", "remove", "old"],
  ])("is waited for: %s, %s", async (name, action, before) => {
    writeFileSync(join(machine.folder, name), before);
    expect((await native(["held", `${sharedFolder}\\${name}`, action])).printed).toBe("done");
    const file = join(machine.folder, name);
    expect(existsSync(file) && readFileSync(file, "utf8") === before).toBe(false);
    expect(existsSync(`${file}.new`)).toBe(false);
  });

  test("is waited for if it is the state or the credential", async () => {
    const state = join(machine.folder, "state.json");
    writeFileSync(state, '{"version":1}');
    expect((await native(["held", `${sharedFolder}\\state.json`, "read-state"])).printed).toBe("done");
    await native(["protect", `${sharedFolder}\\kept.json`, "secret"]);
    expect((await native(["held", `${sharedFolder}\\kept.json`, "read-credential"])).printed).toBe("done");
  });

  test("and that stays open leaves the old file and no temporary one", async () => {
    const file = join(machine.folder, "held.json");
    writeFileSync(file, "old");
    const { printed } = await native(["held", `${sharedFolder}\\held.json`, "protect", "6000"]);
    expect(printed).toMatch(/error (?:5|32)\b/);
    expect([readFileSync(file, "utf8"), existsSync(`${file}.new`)]).toEqual(["old", false]);
  });

  test("is appended to if it is a log that should be rotated", async () => {
    const file = join(machine.folder, "held.log");
    writeFileSync(file, big);
    chmodSync(file, 0o666);
    // The one in its way: Wine lets a file be renamed that another program has open.
    writeFileSync(`${file}.1`, "old");
    expect((await native(["held", `${sharedFolder}\\held.log.1`, "log"])).printed).toBe("done");
    expect(readFileSync(file, "utf8").slice(big.length)).toContain('"event":"held"');
  });
});

test("a console in the services' session, as a scheduled task has, is invisible", async () => {
  expect((await native(["unseen", "0"])).printed).toBe(true);
  expect((await native(["unseen"])).printed).toBe(false);
});

test("a lock is held by one process, and free again when that process is killed", async () => {
  const lock = `${sharedFolder}\\lock`;
  const held = join(machine.folder, "held");
  const holding = native(["hold-lock", lock, `${sharedFolder}\\held`]).catch((error: Error) => error);
  await expect.poll(() => (existsSync(held) ? readFileSync(held, "utf8") : "")).toMatch(/^found \d+$/);
  expect((await native(["try-lock", lock])).printed).toMatchObject({ kind: "absent" });
  const [, processId = ""] = readFileSync(held, "utf8").split(" ");
  await machine.run("taskkill", ["/f", "/pid", processId]);
  // The holder never ends by itself; its exit code under Wine varies.
  await holding;
  expect((await native(["try-lock", lock])).printed).toMatchObject({ kind: "found" });
});

test("a lock in an unusable folder is reported as such", async () => {
  const { printed } = await native(["try-lock", "C:\\windows"]);
  expect(printed).toMatchObject({ kind: "failed", error: { message: expect.stringMatching(/error 5\. .*stateDir/) } });
});

test.each(["127.0.0.1", "0.0.0.0", "::"])("a user's program that listens at %s is recognised", async (address) => {
  const { printed } = await native(["listener", "0", address]);
  const { pid } = printed as { pid: number };
  expect(printed).toMatchObject({
    listening: { kind: "found", value: { trusted: false, owner: expect.stringContaining(`(process ${pid})`) } },
    nobody: { kind: "absent" },
  });
});

test("a console program's output is read in the OEM code page", async () => {
  // Code page 437, which Wine has under LANG=C.
  expect((await native(["oem-text", "5a7567726966662076657277656967657274", "81e1849a"])).printed).toEqual([
    "Zugriff verweigert",
    "üßäÜ",
  ]);
});

test("an event has one line, its ID and no control characters", async () => {
  const { printed, stderr } = await native(["event", "first\nsecond \u001b[31m"], {
    environment: { WINEDEBUG: "-all,+eventlog" },
  });
  expect(printed).toEqual({ registered: ["EventMessageFile", "TypesSupported"] });
  // Wine prints the text as a C string.
  expect(stderr).toContain(String.raw`L"first\\u{a}second \\u{1b}[31m"`);
});

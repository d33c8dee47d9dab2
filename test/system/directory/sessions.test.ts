import { afterEach, beforeAll, expect, inject, test } from "vitest";
import { start, withDocument } from "../support/agent.ts";
import { inside, runIn } from "./container.ts";
import { dryRun } from "./dry-run.ts";
import { atScreen, logOff, logOn } from "./logon.ts";

/** The rows of docs/sessions.md that a booted systemd can show: real sessions of logind, opened through PAM. */

const machine = inject("winbind");
const greeter = { ...atScreen, XDG_SESSION_CLASS: "greeter" };
const open: string[] = [];

beforeAll(() => {
  runIn(machine, "useradd", "--create-home", "erika");
  runIn(machine, "useradd", "--system", "--create-home", "greeter");
});

afterEach(async () => {
  for (const session of open.splice(0)) await logOff(machine, session);
});

async function session(
  user: string,
  environment: Readonly<Record<string, string>> = atScreen,
  service = "login",
): Promise<string> {
  const id = await logOn(machine, user, environment, service);
  open.push(id);
  return id;
}

const who = async (...flags: readonly string[]) => {
  const { outcome, username } = await dryRun(machine, "--exclude-users", "root", ...flags);
  return outcome === "dry-run" ? username : outcome;
};

test("one person at the screen, also while it is locked", async () => {
  const id = await session("erika");
  expect(await who()).toBe("erika");
  runIn(machine, "loginctl", "lock-session", id);
  expect(await who()).toBe("erika");
});

test("a greeter is nobody, alone and beside the person", async () => {
  const id = await session("greeter", greeter);
  expect(await who()).toBe("no-user");
  expect(await who("--session", id)).toBe("no-user");
  await session("erika");
  expect(await who()).toBe("erika");
});

test("a person switched away counts, and the session that is named wins", async () => {
  const first = await session("erika");
  const second = await session("bob");
  expect(await who()).toBe("skipped");
  expect(await who("--session", first)).toBe("skipped");
  expect(await who("--allow-multi-session", "--session", first)).toBe("erika");
  expect(await who("--allow-multi-session", "--session", second)).toBe("bob");
  runIn(machine, "loginctl", "activate", second);
  await expect.poll(() => who("--allow-multi-session")).toBe("bob");
});

test("a user who lingers is not logged on", async () => {
  runIn(machine, "loginctl", "enable-linger", "bob");
  try {
    const uid = runIn(machine, "id", "--user", "bob").trim();
    await expect
      .poll(() => runIn(machine, "systemctl", "show", "--property=ActiveState", `user@${uid}`))
      .toMatch(/=active/);
    expect(await who()).toBe("no-user");
    await session("erika");
    expect(await who()).toBe("erika");
  } finally {
    runIn(machine, "loginctl", "disable-linger", "bob");
  }
});

test("a service account with a session is nobody", async () => {
  await session("greeter");
  expect(await who()).toBe("skipped");
  await session("erika");
  expect(await who()).toBe("erika");
});

test("su opens no session, or one without a user", async () => {
  runIn(machine, "systemd-run", "--quiet", "--unit=su", "su", "bob", "--command", "sleep infinity");
  try {
    await expect.poll(() => runIn(machine, "ps", "-C", "sleep", "-o", "user=")).toContain("bob");
    expect(await who()).toBe("no-user");
    await session("erika");
    expect(await who()).toBe("erika");
  } finally {
    runIn(machine, "systemctl", "stop", "su");
  }
});

test("a session that su opened beside the person's does not count", async () => {
  await session("bob", { XDG_SESSION_CLASS: "user" }, "su");
  expect(await who()).toBe("no-user");
  await session("erika");
  expect(await who()).toBe("erika");
});

test("a person with a user ID of systemd's range, or of a time when people began at 500, is linked", async () => {
  for (const [name, uid] of [
    ["ranged", "62001"],
    ["veteran", "600"],
  ] as const) {
    runIn(machine, "useradd", "--uid", uid, "--create-home", name);
    const id = await logOn(machine, name, atScreen);
    expect(await who()).toBe(name);
    await logOff(machine, id);
  }
});

test("two names with one user ID are uncertain: nobody is linked", async () => {
  runIn(machine, "useradd", "--uid", "1500", "--create-home", "first");
  runIn(machine, "useradd", "--uid", "1500", "--non-unique", "--create-home", "second");
  try {
    await session("second");
    expect(await who()).toBe("unreachable");
    expect((await dryRun(machine)).message).toContain("two names in the passwd file, first and second");
  } finally {
    for (const id of open.splice(0)) await logOff(machine, id);
    runIn(machine, "userdel", "--force", "--remove", "second");
  }
});

test("a user who logs off while the run waits is not linked", async () => {
  const id = await logOn(machine, "erika", atScreen);
  const settings = ["--base-url", "http://127.0.0.1:9", "--client-id", "key", "--state-dir", "/tmp/waits"];
  const waits = ["--retry-initial-delay", "1s", "--retry-max-delay", "1s", "--deadline", "60s", "--proxy", "none"];
  const { child, ended } = start(["link", "--json", "--no-splay", "--identify", "hwid", ...settings, ...waits], {
    within: [...inside(machine), "LINKUSER_CLIENT_SECRET=secret"],
  });
  let log = "";
  await new Promise<void>((waiting) => {
    child.stderr?.on("data", (text: string) => {
      log += text;
      if (log.includes('"event":"waiting"')) waiting();
    });
  });
  await logOff(machine, id);
  const { exitCode, document } = withDocument(await ended);
  expect([exitCode, document.outcome]).toEqual([67, "no-user"]);
});

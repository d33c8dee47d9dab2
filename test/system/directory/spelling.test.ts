import { afterEach, describe, expect, inject, test } from "vitest";
import { type Container, runIn, tryIn } from "./container.ts";
import { fitGroups, user } from "./dry-run.ts";

/** The ways in which administrators have the directory's clients write names. */

const winbind = inject("winbind");
const sssd = inject("sssd");
const undo: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const one of undo.splice(0)) await one();
}, 180_000);

/** Adds lines to a section of a client's settings until the test ends. */
function configure(member: Container, file: string, section: string, lines: readonly string[], restart: string): void {
  const added = lines.map((line) => `\\n${line}`).join("");
  const change = (script: string) => runIn(member, "sh", "-euc", `${script}; ${restart}`);
  change(`cp ${file} /run/kept; sed --in-place 's/^\\[${section}\\]/&${added}/' ${file}`);
  undo.push(() => void change(`cp /run/kept ${file}`));
}

// systemd starts a service five times in ten seconds at most.
const restartWinbind = "net cache flush; systemctl reset-failed winbind; systemctl restart winbind; wbinfo --ping-dc";
const restartSssd =
  "sss_cache --everything; systemctl reset-failed sssd; systemctl restart sssd; sleep 1; getent passwd alice@ad.corp.test";

describe.each(["+", "/", "_"])("winbind with the separator %s", (separator) => {
  test("users and groups are split at it, and built-in groups are recognised", async () => {
    // sed takes the slash for its own.
    const escaped = separator.replace("/", "\\/");
    configure(winbind, "/etc/samba/smb.conf", "global", [`winbind separator = ${escaped}`], restartWinbind);
    const name = `CORP${separator}alice`;
    await expect.poll(() => tryIn(winbind, ["id", name]).status, { timeout: 20_000 }).toBe(0);
    const alice = await user(winbind, name, "--username-format", "down-level");
    expect(alice).toMatchObject({ exitCode: 0, username: "CORP\\alice", group: "domain users" });
    expect(fitGroups(alice)).toEqual(expect.arrayContaining(["domain users", "sales emea", "inner circle"]));
    expect(fitGroups(alice).filter((group) => /corp|builtin/i.test(group))).toEqual([]);
    const chosen = await user(winbind, name, "--group-prefer", "CORP\\Sales *");
    expect(chosen.group).toBe("sales emea");
  });
});

test("winbind that writes _ for a space: patterns with a space match", async () => {
  configure(winbind, "/etc/samba/smb.conf", "global", ["winbind normalize names = yes"], restartWinbind);
  await expect.poll(() => tryIn(winbind, ["id", "CORP\\alice"]).stdout, { timeout: 20_000 }).toContain("sales_emea");
  const alice = await user(winbind, "CORP\\alice", "--group-prefer", "Sales EMEA");
  expect(alice).toMatchObject({ exitCode: 0, username: "alice", group: "sales_emea" });
});

test("SSSD that writes _ for a space: patterns with a space match", async () => {
  configure(sssd, "/etc/sssd/sssd.conf", "sssd", ["override_space = _"], restartSssd);
  const alice = await user(sssd, "alice@ad.corp.test", "--group-prefer", "Sales EMEA");
  expect(alice).toMatchObject({ exitCode: 0, username: "alice" });
  expect(alice.group?.toLowerCase()).toBe("sales_emea");
});

/** Renames the group in which carol is, and waits until both clients give the new name. */
async function renameGroup(from: string, to: string): Promise<void> {
  runIn(inject("controller"), "samba-tool", "group", "rename", from, `--samaccountname=${to}`);
  runIn(winbind, "sh", "-euc", restartWinbind);
  runIn(sssd, "sh", "-euc", restartSssd);
  for (const [member, name] of [
    [winbind, "CORP\\carol"],
    [sssd, "carol@ad.corp.test"],
  ] as const) {
    const group = async () => (await user(member, name, "--group-prefer", "Karols,Carols")).group?.toLowerCase();
    await expect.poll(group, { timeout: 60_000 }).toBe(to.toLowerCase());
  }
}

test("a group that was renamed is sent under its new name", async () => {
  undo.push(() => renameGroup("Karols", "Carols"));
  await renameGroup("Carols", "Karols");
}, 180_000);

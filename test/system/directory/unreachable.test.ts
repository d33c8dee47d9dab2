import { execFileSync } from "node:child_process";
import { describe, expect, inject, test } from "vitest";
import { type Container, runIn, tryIn } from "./container.ts";
import { user } from "./dry-run.ts";

const clients = [
  {
    client: "winbind",
    member: inject("winbind"),
    spell: (sam: string) => `CORP\\${sam}`,
    // Asks for a minute, longer than the program waits.
    neverSeen: { exitCode: 69, error: "identity-unreadable" },
    // Asked to go online again (smbcontrol), winbind 4.17 sometimes keeps half a list of groups for minutes, even after
    // a restart without winbindd_cache.tdb; without all of its caches it does not.
    reconnect: [
      ...["sh", "-c"],
      `systemctl stop winbind; systemctl reset-failed winbind; net cache flush; rm --force /var/*/samba/winbindd_cache.tdb /var/*/samba/netsamlogon_cache.tdb
       systemctl start winbind; wbinfo --ping-dc`,
    ],
    forget: [
      "sh",
      "-c",
      "net cache flush && systemctl reset-failed winbind && systemctl restart winbind && wbinfo --ping-dc",
    ],
  },
  {
    client: "SSSD",
    member: inject("sssd"),
    spell: (sam: string) => `${sam}@ad.corp.test`,
    // Off line it answers as for a user who does not exist.
    neverSeen: { exitCode: 67, error: "no-user" },
    // Asked to go online again (SIGUSR2), SSSD 2.8 lists no groups for a minute or more; after a restart it does.
    reconnect: ["sh", "-c", "sss_cache --everything; systemctl reset-failed sssd; systemctl restart sssd"],
    forget: ["sss_cache", "--everything"],
  },
] as const;

/** Pulls the member's cable: what it sends is lost without an answer. */
function setCable(member: Container, state: "up" | "down"): void {
  const controller = ["--target", String(inject("controller").leader), "--net"];
  execFileSync("nsenter", [...controller, "ip", "link", "set", member.name, state]);
}

describe.each(clients)("$client without its controller", ({ member, spell, neverSeen, reconnect }) => {
  test("seen users are the same as on line, others are no answer", async () => {
    const online = await user(member, spell("alice"), "--group-prefer", "sales*");
    expect(online.group?.toLowerCase()).toBe("sales emea");
    // Looks up the account but not its groups, as a listing of its files does.
    runIn(member, "getent", "passwd", spell("unseen"));
    setCable(member, "down");
    try {
      expect(await user(member, spell("alice"), "--group-prefer", "sales*")).toEqual(online);
      expect(await user(member, spell("unseen"), "--group-prefer", "unseens")).toMatchObject({
        exitCode: 69,
        error: "identity-unreadable",
        group: undefined,
      });
      expect(await user(member, spell("never"))).toMatchObject({ ...neverSeen, group: undefined });
      expect(await user(member, "bob")).toMatchObject({ exitCode: 0, username: "bob" });
    } finally {
      setCable(member, "up");
      runIn(member, ...reconnect);
    }
    await expect
      .poll(async () => (await user(member, spell("unseen"), "--group-prefer", "unseens")).group?.toLowerCase(), {
        timeout: 90_000,
      })
      .toBe("unseens");
  });
});

test("a renamed user is found under the new name, with the same user ID and groups", async () => {
  const before = clients.map(({ member, spell }) => runIn(member, "id", "--user", spell("dave")));
  runIn(inject("controller"), "samba-tool", "user", "rename", "dave", "--samaccountname=david");
  for (const [at, { member, spell, forget }] of clients.entries()) {
    runIn(member, ...forget);
    await expect.poll(() => tryIn(member, ["id", "--user", spell("david")]).stdout).toBe(before[at]);
    const renamed = await user(member, spell("david"), "--group-prefer", "daves");
    expect(renamed).toMatchObject({ exitCode: 0, username: "david", group: expect.stringMatching(/^daves$/i) });
    expect(await user(member, spell("dave"))).toMatchObject({ exitCode: 67, error: "no-user" });
  }
});

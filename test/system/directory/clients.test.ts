import { describe, expect, inject, test } from "vitest";
import { runIn } from "./container.ts";
import { dryRun, fitGroups, user } from "./dry-run.ts";
import { atScreen, logOff, logOn } from "./logon.ts";

/** The directory's clients, and how each writes a name of the domain. Observed: winbind 4.17, SSSD 2.8. */
const clients = [
  { client: "winbind", member: inject("winbind"), domain: "CORP", spell: (sam: string) => `CORP\\${sam}` },
  { client: "SSSD", member: inject("sssd"), domain: "ad.corp.test", spell: (sam: string) => `${sam}@ad.corp.test` },
  { client: "SSSD with short names", member: inject("sssdShort"), domain: undefined, spell: (sam: string) => sam },
] as const;

describe.each(clients)("$client", ({ client, member, domain, spell }) => {
  test("a user's name in each format", async () => {
    const name = spell("alice");
    const inFormat = (format: string) => user(member, name, "--username-format", format);
    expect(await inFormat("sam")).toMatchObject({ exitCode: 0, username: "alice", warnings: [] });
    expect(await inFormat("down-level")).toMatchObject({
      username: domain === undefined ? "alice" : `${domain}\\alice`,
    });
    expect(await inFormat("upn")).toMatchObject({ username: "alice", warnings: [expect.stringContaining("no UPN")] });
  });

  test("all groups, nested and domain-local ones too, and none that is not the domain's", async () => {
    const alice = await user(member, spell("alice"));
    expect(fitGroups(alice).map((name) => name.toLowerCase())).toEqual([
      "at@other.example",
      "comma group",
      "domain users",
      "inner circle",
      "outer circle",
      "printers local",
      "sales emea",
      "vertrieb süd",
    ]);
    expect(alice.group?.toLowerCase()).toBe("domain users");
  });

  test.each([
    ["sales*", "sales emea"],
    ["VERTRIEB SÜD", "vertrieb süd"],
    ["no such,OUTER*", "outer circle"],
    ["Printers*", "printers local"],
    ["at@other.example", "at@other.example"],
  ])("the pattern %s chooses %s", async (pattern, group) => {
    const chosen = await user(member, spell("alice"), "--group-prefer", pattern);
    expect(chosen.group?.toLowerCase()).toBe(group);
  });

  test("a pattern may name the domain", async () => {
    if (domain === undefined) return;
    const chosen = (pattern: string) => user(member, spell("alice"), "--group-prefer", pattern);
    expect((await chosen(`${domain.toUpperCase()}\\sales *`)).group?.toLowerCase()).toBe("sales emea");
    expect((await chosen("OTHER\\sales *")).group?.toLowerCase()).toBe("domain users");
  });

  test.each([
    ["jürgen", "jürgens"],
    ["mary ann", "marys"],
    ["carol", "carols"],
  ])("the user %s", async (sam, group) => {
    expect(await user(member, spell(sam), "--group-prefer", group)).toMatchObject({
      exitCode: 0,
      username: sam,
      group: expect.stringMatching(new RegExp(`^${group}$`, "i")),
    });
  });

  test("300 groups", async () => {
    const many = await user(member, spell("many"), "--group-prefer", "team 299");
    expect(fitGroups(many)).toHaveLength(301);
    expect(many.group?.toLowerCase()).toBe("team 299");
  });

  test("a group of 256 characters is sent whole or not at all", async () => {
    const long = await user(member, spell("long"), "--group-prefer", "l*", "--group-fallback", "none");
    // winbind cuts the name, so it is not taken for one.
    expect(long.group?.toLowerCase()).toBe(client === "winbind" ? undefined : "l".repeat(256));
  });

  test("a user of 200 characters is sent whole", async () => {
    const name = "x".repeat(200);
    expect(await user(member, spell(name))).toMatchObject({ exitCode: 0, username: name });
  });

  test("a user of 256 characters is sent whole, or is unknown if the domain makes the name too long", async () => {
    const name = "y".repeat(256);
    const expected = domain === undefined ? { exitCode: 0, username: name } : { exitCode: 67, username: undefined };
    expect(await user(member, spell(name))).toMatchObject(expected);
  });

  test("a local user has no group of the domain's user of the same name", async () => {
    const local = await user(member, "bob", "--group-prefer", "*");
    expect(local).toMatchObject({ exitCode: 0, username: "bob", group: undefined });
    expect(fitGroups(local)).toEqual([]);
  });

  test("the domain's user has no group of the local user of the same name", async () => {
    const uid = runIn(member, "getent", "passwd", client === "winbind" ? "CORP\\bob" : "bob@ad.corp.test").split(
      ":",
    )[2];
    const domains = await user(member, spell(`bob`), "--group-prefer", "wheel,bobs");
    // With short names the name is the local user's; only a session's user ID leads to the domain's.
    if (domain === undefined) return expect(domains.group).toBeUndefined();
    expect(uid).toMatch(/^\d{6,}$/);
    expect(domains.group?.toLowerCase()).toBe("bobs");
  });

  test("a UPN that looks like alice's of a trusted domain leads to its owner or to nobody", async () => {
    const owner = await user(member, "alice@other.example", "--group-prefer", "others,sales*");
    // winbind takes the text after the @ for a domain, and does not know it.
    if (client === "winbind") return expect(owner).toMatchObject({ exitCode: 67, username: undefined });
    expect(owner).toMatchObject({ exitCode: 0, username: "mallory", group: expect.stringMatching(/^others$/i) });
  });

  test("a SAM account name that looks like alice's of a trusted domain is never alice", async () => {
    const name = "alice@trusted.example";
    // Only SSSD with domains distinguishes such a name from one of a trusted domain; the others do not know it.
    const expected = client === "SSSD" ? { exitCode: 0, username: name } : { exitCode: 67, username: undefined };
    expect(await user(member, spell(name))).toMatchObject(expected);
  });

  test("a missing name belongs to nobody", async () => {
    expect(await user(member, spell("nobody-at-all"))).toMatchObject({ exitCode: 67, error: "no-user" });
  });

  test("a person at the screen is linked without being named", async () => {
    const name = spell("alice");
    const uid = runIn(member, "id", "--user", name).trim();
    const session = await logOn(member, uid, atScreen);
    try {
      expect(await dryRun(member, "--group-prefer", "sales*")).toMatchObject({ exitCode: 0, username: "alice" });
      expect(await dryRun(member, "--session", session)).toMatchObject({ exitCode: 0, username: "alice" });
      expect(await dryRun(member, "--session", "c99")).toMatchObject({ exitCode: 67, error: "no-user" });
    } finally {
      await logOff(member, session);
    }
  });
});

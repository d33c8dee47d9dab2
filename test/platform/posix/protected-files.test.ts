import { chmodSync, linkSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import {
  judgeUnread,
  readProtected,
  readTrusted,
  writableByOthers,
} from "../../../agent/platform/posix/protected-files.ts";
import { makeRoot } from "../linux/tree.ts";

const uid = process.geteuid?.() ?? 0;
const trust = { uid, credentialsFolder: undefined };
let folder: string;
let file: string;

beforeEach(() => {
  folder = makeRoot({ "etc/credential.json": "{}" });
  file = join(folder, "etc/credential.json");
  chmodSync(file, 0o600);
  chmodSync(join(folder, "etc"), 0o755);
});

test("a file of this user alone is read", () => {
  expect(readProtected(file, trust)).toMatchObject({ kind: "found", value: "{}" });
});

test.each([0o640, 0o604, 0o660, 0o644, 0o610])("the mode %o is refused with the remedy", (mode) => {
  chmodSync(file, mode);
  expect(readProtected(file, trust)).toMatchObject({
    kind: "failed",
    error: { code: "credentials-exposed", message: expect.stringContaining("chmod 600") },
  });
});

test("a file of which only the mode is known is judged alike", () => {
  expect(judgeUnread(file, trust)).toMatchObject({ kind: "found" });
  expect(judgeUnread(join(folder, "none"), trust)).toMatchObject({ kind: "absent" });
  chmodSync(file, 0o640);
  expect(judgeUnread(file, trust)).toMatchObject({ error: { code: "credentials-exposed" } });
});

test("another user's file is refused with the remedy", () => {
  const reading = readProtected(file, { ...trust, uid: uid + 1 });
  // Root's own files are trusted by everybody.
  if (uid === 0) expect(reading).toMatchObject({ kind: "found" });
  else
    expect(reading).toMatchObject({
      error: { code: "credentials-exposed", message: expect.stringContaining("chown") },
    });
});

test("a folder in which others could replace the file is refused, a sticky one is not", () => {
  chmodSync(join(folder, "etc"), 0o777);
  expect(readProtected(file, trust)).toMatchObject({
    error: { code: "credentials-exposed", message: expect.stringContaining("chmod go-w") },
  });
  const remedy = `chmod go-w ${join(folder, "etc")}`;
  expect(writableByOthers(file, trust)).toMatchObject({ value: { remedy, why: expect.stringContaining("0777") } });
  chmodSync(join(folder, "etc"), 0o1777);
  expect(readProtected(file, trust)).toMatchObject({ kind: "found" });
});

test("a link is judged by where it leads", () => {
  const link = join(folder, "link");
  symlinkSync(file, link);
  expect(readProtected(link, trust)).toMatchObject({ kind: "found" });
  chmodSync(file, 0o644);
  expect(readProtected(link, trust)).toMatchObject({ error: { code: "credentials-exposed" } });
});

test("a missing file is absent, other things than files fail", () => {
  expect(readProtected(join(folder, "none"), trust)).toMatchObject({ kind: "absent" });
  expect(readTrusted(join(file, "below"), trust)).toMatchObject({ error: { code: "settings-unreadable" } });
  mkdirSync(join(folder, "dir"), { mode: 0o700 });
  expect(readProtected(join(folder, "dir"), trust)).toMatchObject({ error: { code: "credentials-unreadable" } });
});

describe("systemd's credentials", () => {
  test("the group bit that an access control list shows is allowed there and nowhere else", () => {
    chmodSync(file, 0o440);
    expect(readProtected(file, { uid, credentialsFolder: join(folder, "etc") })).toMatchObject({ kind: "found" });
    expect(readProtected(file, { uid, credentialsFolder: folder })).toMatchObject({ kind: "failed" });
  });

  test("a bit for everybody is not", () => {
    chmodSync(file, 0o444);
    expect(readProtected(file, { uid, credentialsFolder: join(folder, "etc") })).toMatchObject({ kind: "failed" });
  });
});

test.each([
  [0o644, false],
  [0o600, false],
  [0o664, true],
  [0o646, true],
])("whether others may change a file of the mode %o: %s", (mode, expected) => {
  chmodSync(file, mode);
  const value = expected ? { remedy: `chmod go-w ${file}` } : false;
  expect(writableByOthers(file, trust)).toMatchObject({ kind: "found", value });
});

test("a file that decides trust is read only if no one else may change it, else refused with the remedy", () => {
  chmodSync(file, 0o644);
  expect(readTrusted(file, trust)).toMatchObject({ kind: "found", value: Buffer.from("{}") });
  chmodSync(file, 0o664);
  expect(readTrusted(file, trust)).toMatchObject({
    error: { code: "settings-exposed", remedy: `chmod go-w ${file}`, finding: expect.stringContaining("mode 0664") },
  });
  chmodSync(file, 0o644);
  chmodSync(join(folder, "etc"), 0o775);
  expect(readTrusted(file, trust)).toMatchObject({ error: { remedy: `chmod go-w ${join(folder, "etc")}` } });
});

test.each([
  [
    "a link that leads nowhere",
    () => symlinkSync("/none/ca.pem", join(folder, "trap")),
    "is a link that leads nowhere",
  ],
  ["a device", () => symlinkSync("/dev/zero", join(folder, "trap")), "it is not a regular file"],
  ["a second name", () => linkSync(file, join(folder, "trap")), "it has another name"],
  ["1.5 GB", () => truncateSync(writeTrap(), 1.5 * 2 ** 30), "it is larger than 1024 KiB"],
])("%s in place of a file is a failure with words, not absent", (_, set, words) => {
  set();
  const path = join(folder, "trap");
  const message = expect.stringContaining(words);
  expect(readTrusted(path, trust)).toMatchObject({ error: { code: "settings-unreadable", message } });
  expect(readProtected(path, trust)).toMatchObject({ error: { code: "credentials-unreadable", message } });
});

function writeTrap(): string {
  const path = join(folder, "trap");
  writeFileSync(path, "", { mode: 0o600 });
  return path;
}

test("a secret in another encoding is refused with an explanation", () => {
  writeFileSync(file, Buffer.from("{}", "utf16le"));
  expect(readProtected(file, trust)).toMatchObject({
    error: { code: "credentials-unreadable", message: expect.stringContaining("it is UTF-16") },
  });
});

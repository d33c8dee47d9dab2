import fc from "fast-check";
import { expect, test } from "vitest";
import { machineAccount, principalsOf } from "../../../../agent/platform/posix/log-on/keytab.ts";

/** An entry as MIT's "Keytab file format" has it, with a key of 16 bytes. */
function entry(realm: string, ...components: readonly string[]): Buffer {
  const counted = (text: string) => [Buffer.from([text.length >> 8, text.length & 255]), Buffer.from(text)];
  const key = [Buffer.from([0, 0, 0, 1]), Buffer.alloc(4), Buffer.from([2, 0, 17, 0, 16]), Buffer.alloc(16, "k")];
  const body = Buffer.concat([Buffer.from([0, components.length]), ...[realm, ...components].flatMap(counted), ...key]);
  return Buffer.concat([sized(body.length), body]);
}

function sized(length: number): Buffer {
  const size = Buffer.alloc(4);
  size.writeInt32BE(length);
  return size;
}

const keytab = (...entries: readonly Buffer[]): Buffer => Buffer.concat([Buffer.from([5, 2]), ...entries]);

test("principals are read in file order, each once, skipping holes", () => {
  const file = keytab(
    entry("R", "host", "pc1.r"),
    Buffer.concat([sized(-7), Buffer.alloc(7, "x")]),
    entry("R", "PC1$"),
    entry("R", "PC1$"),
    entry("R", "odd/na@me"),
  );
  expect(principalsOf(file)).toEqual(["host/pc1.r@R", "PC1$@R", "odd\\/na\\@me@R"]);
});

test.each([
  ["nothing", Buffer.alloc(0)],
  ["one byte", Buffer.from([5])],
  ["another version", Buffer.from([5, 1, 0, 0, 0, 4])],
  ["text", Buffer.from("none")],
  ["an end at zero", keytab(sized(0), entry("R", "PC1$"))],
  ["an entry that is cut", keytab(entry("R", "PC1$").subarray(0, 8))],
])("a file with %s has none", (_, file) => {
  expect(principalsOf(file)).toEqual([]);
});

test("no file makes it throw", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void principalsOf(keytab(Buffer.from(bytes)))));
});

test.each<readonly [string, readonly string[], string, string | undefined]>([
  ["the account with a dollar", ["host/pc1.ad.test@AD.TEST", "PC1$@AD.TEST"], "pc1", "PC1$@AD.TEST"],
  ["this machine's among several", ["OLD$@AD.TEST", "PC1$@AD.TEST"], "pc1.ad.test", "PC1$@AD.TEST"],
  ["one of another name", ["host/x@AD.TEST", "OLD$@AD.TEST"], "pc1", "OLD$@AD.TEST"],
  ["a name that is cut", ["LONG-NAME-OF-PC$@R", "LONG-NAME-OF-PC2$@R"], "long-name-of-pc2", "LONG-NAME-OF-PC2$@R"],
  ["host/ where a realm has no such accounts", ["nfs/pc1@R", "host/pc1.r@R"], "pc1.r", "host/pc1.r@R"],
  ["none if a Mac has only its own KDC", ["host/LKDC:SHA1.AB@LKDC:SHA1.AB"], "pc1", undefined],
  ["none", ["HTTP/www.r@R"], "pc1", undefined],
])("the machine's account: %s", (_, principals, host, account) => {
  expect(machineAccount(principals, host)).toBe(account);
});

import { expect, test } from "vitest";
import { startedByPerson } from "../../../../agent/platform/macos/accounts/started-by-person.ts";

test.each([
  ["a person's sudo", 501, true],
  ["root's own logon", 0, false],
  ["a daemon", 0xffff_ffff, false],
])("%s", (_, auditId, person) => {
  const getauid = (id: Buffer) => {
    id.writeUInt32LE(auditId);
    return 0;
  };
  expect(startedByPerson(getauid as never)).toBe(person);
});

test("a call that fails says nothing against a person", () => {
  expect(startedByPerson(() => -1)).toBe(true);
});

import { mkdirSync, mkdtempDisposableSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readMachineKeytab } from "../../../../agent/platform/linux/log-on/machine-keytab.ts";

test("a service reads its unit's copy; if the machine has no keytab, the copy says so", () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), "keytab-"));
  const root = folder.path;
  mkdirSync(join(root, "etc"));
  const credentials = join(root, "credentials");
  mkdirSync(credentials);
  const read = (folder?: string) =>
    readMachineKeytab(root, { uid: process.getuid?.() ?? 0, credentialsFolder: folder }, folder);
  const reason = (folder?: string) => expect(read(folder)).toMatchObject({ kind: "absent", reason: expect.anything() });
  reason();
  expect(read(credentials)).toMatchObject({ reason: expect.stringContaining("run linkuser-agent install again") });
  writeFileSync(join(credentials, "krb5.keytab"), "none", { mode: 0o400 });
  expect(read(credentials)).toMatchObject({ kind: "absent", reason: "does not exist" });
  writeFileSync(join(root, "etc/krb5.keytab"), "keys", { mode: 0o600 });
  expect(read()).toMatchObject({ kind: "found", value: { path: join(root, "etc/krb5.keytab") } });
});

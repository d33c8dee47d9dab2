import { join } from "node:path";
import type { Trust } from "../../../files/trusted-path.ts";
import { absent, found, type Reading } from "../../../reading.ts";
import type { Keytab } from "../../posix/log-on/keytab.ts";
import { readTrusted } from "../../posix/protected-files.ts";
import { machineKeytab, noCredential } from "../paths.ts";

/** The machine's keytab: for a service the copy that its unit got. @param credentials folder of such copies */
export function readMachineKeytab(root: string, trust: Trust, credentials: string | undefined): Reading<Keytab> {
  const original = machineKeytab(root);
  const path = credentials === undefined ? original : join(credentials, "krb5.keytab");
  const file = readTrusted(path, trust);
  switch (file.kind) {
    case "failed":
      return file;
    case "absent":
      return absent(
        original,
        credentials === undefined ? "does not exist" : "is not handed to this unit; run linkuser-agent install again",
      );
    case "found":
      return file.value.equals(Buffer.from(noCredential))
        ? absent(original, "does not exist")
        : found({ path, content: file.value }, original);
  }
}

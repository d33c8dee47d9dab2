import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { start, withDocument } from "../support/agent.ts";

/** On hosts with a directory, look-ups run in a thread whose code is part of the program: bundled or not. */
const folder = mkdtempSync(join(tmpdir(), "linkuser-agent-nss-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Mounting over nsswitch.conf takes rights that the tests may not have. */
const mayMount = spawnSync("unshare", ["-m", "true"]).status === 0;

if (mayMount) {
  test("a user that only a directory could know is looked up there", async () => {
    const file = join(folder, "nsswitch.conf");
    writeFileSync(file, "passwd: files sss\ngroup: files sss\n");
    const within = ["unshare", "-m", "sh", "-c", `mount --bind ${file} /etc/nsswitch.conf && exec "$@"`, "sh"];
    const { ended } = start(["--dry-run", "--json", "--user", "nobody-has-this-name"], { within });
    const { exitCode, document } = withDocument(await ended);
    expect([exitCode, document.outcome]).toEqual([67, "no-user"]);
  });
}

import { chmodSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { unusableForService } from "../../../../agent/platform/linux/service/service-files.ts";
import { type LayerKind, resolveSettings } from "../../../../agent/settings/layers.ts";
import { makeRoot } from "../tree.ts";

function faultOf(root: string, values: Readonly<Record<string, string>>, kind: LayerKind = "file") {
  const error = unusableForService(root, resolveSettings([{ kind, location: "/etc/c.json", values }]));
  if (error !== undefined) expect(error).toMatchObject({ code: "settings-hidden", outcome: "config-invalid" });
  return error?.message;
}

const ca = "etc/linkuser-agent/ca.pem";
const service = "the agent's service";

describe.each(["caFile", "clientCertFile"])("%s", (name) => {
  test("a file that everybody may read is usable, also behind a link; a missing one is left to the run", () => {
    const root = makeRoot({ [ca]: "" });
    chmodSync(join(root, ca), 0o644);
    symlinkSync(join(root, ca), join(root, "etc/link.pem"));
    for (const path of [ca, "etc/link.pem", "etc/none.pem"]) {
      expect(faultOf(root, { [name]: join(root, path) })).toBeUndefined();
    }
  });

  test("that root alone may read is reported with the command that opens it", () => {
    const root = makeRoot({ [ca]: "" });
    const path = join(root, ca);
    chmodSync(path, 0o600);
    const reported = `file /etc/c.json, ${name}: ${service} can't read ${path}. Run chmod 644 ${path}`;
    expect(faultOf(root, { [name]: path })).toBe(reported);
  });

  test("is reported if the service may not enter its folder; the settings' own folder is checked with them", () => {
    const closed = ["etc/private", "etc/linkuser-agent/private"];
    const root = makeRoot({ [ca]: "", ...Object.fromEntries(closed.map((folder) => [`${folder}/ca.pem`, ""])) });
    for (const folder of [...closed, "etc/linkuser-agent"]) chmodSync(join(root, folder), 0o700);
    for (const folder of closed) {
      const reported = faultOf(root, { [name]: join(root, folder, "ca.pem") });
      expect(reported).toContain(`may not open files in ${join(root, folder)}`);
      expect(reported).toContain(`move the file to ${join(root, "etc/linkuser-agent")}.`);
    }
    expect(faultOf(root, { [name]: join(root, ca) })).toBeUndefined();
  });

  test.each(["root", "home/alice", "tmp"])("in %s is reported, and so is a link to there", (folder) => {
    const root = makeRoot({ [`${folder}/ca.pem`]: "", "etc/": "" });
    symlinkSync(join(root, folder, "ca.pem"), join(root, "etc/link.pem"));
    const reported = `${service} can't see /${folder.split("/")[0]}, so it can't read `;
    for (const path of [`${folder}/ca.pem`, "etc/link.pem"]) {
      expect(faultOf(root, { [name]: join(root, path) })).toContain(reported);
    }
  });
});

test.each([
  ["clientKeyFile", "client-key.pem"],
  ["credentialFile", "credential.json"],
])("%s is of use where systemd hands it on, and nowhere else", (name, file) => {
  const root = makeRoot();
  const handedOn = join(root, "etc/linkuser-agent", file);
  expect(faultOf(root, { [name]: handedOn })).toBeUndefined();
  expect(faultOf(root, { [name]: "/srv/key" })).toContain(`gets a copy of ${handedOn} only`);
});

test.each(["stateDir", "logFile"])("%s is usable if the service can write there", (name) => {
  const root = makeRoot();
  for (const folder of ["var/lib/linkuser-agent", "var/log/linkuser-agent"]) {
    expect(faultOf(root, { [name]: join(root, folder, "x") })).toBeUndefined();
  }
  expect(faultOf(root, { [name]: join(root, "var/lib/linkuser-agent-2") })).toContain("remove the setting");
});

test("all are reported, each in a line", () => {
  const reported = faultOf("/nowhere", { stateDir: "/srv/state", credentialFile: "/srv/credential.json" }, "policy");
  expect(reported?.split("\n").map((line) => line.split(":")[0])).toEqual([
    "policy /etc/c.json, credentialFile",
    "policy /etc/c.json, stateDir",
  ]);
});

test.each<LayerKind>(["flag", "environment"])("a %s is this run's alone", (kind) => {
  expect(faultOf("/nowhere", { stateDir: "/srv/state" }, kind)).toBeUndefined();
});

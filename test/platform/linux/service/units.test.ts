import { expect, test } from "vitest";
import { noCredential } from "../../../../agent/platform/linux/paths.ts";
import { unitFiles } from "../../../../agent/platform/linux/service/units.ts";

const files = unitFiles("/usr/bin/linkuser-agent", "/etc/linkuser-agent/credential.json");
const textOf = (path: string): string => files.find((file) => file.path === path)?.text ?? "";
const services = ["linkuser-agent@.service", "linkuser-agent.service"];

test("every session starts its own run, which is not part of the logon", () => {
  expect(textOf("session-.scope.d/50-linkuser-agent.conf")).toContain("\nWants=linkuser-agent@%j.service\n");
  expect(textOf("linkuser-agent@.service")).toContain(
    "\nExecStart=/usr/bin/linkuser-agent --will-repeat --session %i\n",
  );
  expect(textOf("linkuser-agent@.service")).toContain("After=session-%i.scope ");
});

test.each(services)("%s gets copies of files that only root may read, and starts without them too", (path) => {
  for (const [name, source] of [
    ["credential.json", "/etc/linkuser-agent/credential.json"],
    ["client-key.pem", "/etc/linkuser-agent/client-key.pem"],
    ["krb5.keytab", "/etc/krb5.keytab"],
    ["product_uuid", "/sys/class/dmi/id/product_uuid"],
  ]) {
    expect(textOf(path)).toContain(`\nLoadCredential=${name}:${source}\nSetCredential=${name}:${noCredential}\n`);
  }
  expect(textOf(path)).toContain("\nUser=linkuser-agent\n");
  expect(textOf(path)).not.toContain("DynamicUser");
});

test.each(services)("%s restarts a run that did not wait for its turn, as often as the program expects", (path) => {
  const text = textOf(path);
  expect(text).toMatch(/^ExecStart=\S+ --will-repeat\b/m);
  expect(text).toContain("\nRestartForceExitStatus=75\n");
  expect(text).toContain("\nRestartSec=15min\n");
});

test.each(services)("%s shares the memory of one slice with the others", (path) => {
  expect(textOf(path)).toContain("\nSlice=system-linkuser.slice\n");
  expect(textOf("system-linkuser.slice")).toMatch(/^MemoryMax=600M\nMemorySwapMax=0\nTasksMax=500$/m);
});

test.each(services)("%s sets nothing that breaks V8 or hides the routing table", (path) => {
  expect(textOf(path)).not.toMatch(/^(?:MemoryDenyWriteExecute|ProcSubset|PrivateUsers)=/m);
});

test("every line of every unit is a section, a comment, a setting or empty", () => {
  for (const { text } of files) {
    for (const line of text.split("\n")) expect(line).toMatch(/^(?:\[[A-Z][a-z]+\]|# .+|[A-Z][A-Za-z]+=.*)?$/);
    expect(text.endsWith("\n")).toBe(true);
  }
});

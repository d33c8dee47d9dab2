import { expect, test } from "vitest";
import { startedByPerson } from "../../../../agent/platform/linux/accounts/started-by-person.ts";
import { makeRoot } from "../tree.ts";

const unset = "4294967295";
const session = "0::/user.slice/user-1000.slice/session-2.scope\n";

test.each([
  ["su or sudo in a person's session", "1000", session, true],
  ["su where the kernel keeps no logon", unset, session, true],
  ["a user's service manager", unset, "0::/user.slice/user-1000.slice/user@1000.service/app.slice/x.scope\n", true],
  ["cgroups of version 1", unset, "1:name=systemd:/user.slice/user-1000.slice/session-2.scope\n0::/\n", true],
  ["a process that a person moved elsewhere", "1000", "0::/\n", true],
  ["root's own logon", "0", "0::/user.slice/user-0.slice/session-3.scope\n", false],
  ["root's cron", "0", "0::/system.slice/cron.service\n", false],
  ["a unit of systemd", unset, "0::/system.slice/linkuser-agent.service\n", false],
  ["a container", unset, "0::/\n", false],
])("%s", (_, loginuid, cgroup, person) => {
  expect(startedByPerson(makeRoot({ "proc/self/loginuid": loginuid, "proc/self/cgroup": cgroup }))).toBe(person);
});

test("without /proc there is no such fact", () => {
  expect(startedByPerson(makeRoot())).toBe(false);
});

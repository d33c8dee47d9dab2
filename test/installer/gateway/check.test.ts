import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

/** How `linkuser-gateway-check` ends, with what it says where. */
function check(...args: string[]) {
  const { status, stdout, stderr } = spawnSync("sh", ["installer/gateway/linkuser-gateway-check", ...args], {
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

test.each(["--help", "-h", "help"])("%s explains the gateway's check and runs none", (flag) => {
  const { status, stdout, stderr } = check(flag);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toMatch(/^Usage: linkuser-gateway-check$/m);
  expect(stdout).not.toMatch(/^(ok|FAIL) /m);
});

test("another argument is refused", () => {
  const { status, stdout, stderr } = check("--jsn");
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toMatch(/^Unexpected argument --jsn\.\nUsage: /);
});

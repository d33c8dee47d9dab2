import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { trustedEnvironment } from "../../agent/settings/trusted-environment.ts";

const personal = {
  HTTPS_PROXY: "http://user:password@proxy.home.test:3128",
  http_proxy: "http://proxy.home.test",
  KRB5_CONFIG: "/home/alice/krb5.conf",
  OPENSSL_CONF: "/home/alice/openssl.cnf",
  OPENSSL_MODULES: "/home/alice/lib",
  No_Proxy: "*",
  SSL_CERT_FILE: "/home/alice/ca.pem",
  SSL_CERT_DIR: "/home/alice/ca",
  LINKUSER_BASE_URL: "https://gears.example.com",
  LINKUSER_LOG_FILE: "/home/alice/link-to-passwd",
  STATE_DIRECTORY: "/home/alice",
  GCONV_PATH: "/home/alice/lib",
};
const others = { PATH: "/usr/bin", LINKUSER_FLEET_SIZE: "2000", LINKUSER_CLIENT_SECRET: "s3cr3t" };

describe("a person started it with rights", () => {
  test.each([
    ["sudo", { SUDO_UID: "1000", SUDO_USER: "alice", USER: "root", LOGNAME: "root" }],
    ["sudo -i by root's own name", { SUDO_USER: "alice" }],
    ["doas", { DOAS_USER: "alice" }],
    ["pkexec", { PKEXEC_UID: "1000" }],
    ["su", { USER: "alice", LOGNAME: "alice" }, true],
    ["an elevated prompt of Windows", { USERNAME: "alice" }, true],
    ["su, with root's name in the variables", { USER: "root", LOGNAME: "root" }, true],
    ["su, with no name", {}, true],
  ])("%s: what that person says of code, trust and destination is ignored", (_how, marks, person = false) => {
    const { variables, ignored } = trustedEnvironment({ ...marks, ...others, ...personal }, true, person);
    expect(variables).toEqual({ ...marks, ...others });
    expect(ignored.toSorted()).toEqual(Object.keys(personal).toSorted());
  });

  test("empty variables are not reported", () => {
    expect(trustedEnvironment({ SUDO_UID: "1000", HTTPS_PROXY: "" }, true, false)).toEqual({
      variables: { SUDO_UID: "1000" },
      ignored: [],
    });
  });
});

describe("the machine itself started it", () => {
  test.each([
    ["a unit of systemd", {}],
    ["cron", { LOGNAME: "root", USER: "root" }],
    ["a task of Windows as SYSTEM", { USERNAME: "PC-17$" }],
    ["a management tool as SYSTEM", { USERNAME: "SYSTEM" }],
    ["a unit of systemd with variables of its own", { USER: "backup" }],
  ])("%s: everything is obeyed", (_how, marks) => {
    const environment = { ...marks, ...others, ...personal };
    expect(trustedEnvironment(environment, true, false)).toEqual({ variables: environment, ignored: [] });
  });
});

test("a run without rights obeys the person who started it", () => {
  const environment = { USER: "alice", ...others, ...personal };
  expect(trustedEnvironment(environment, false, true)).toEqual({ variables: environment, ignored: [] });
});

test("only the named variables are removed, and their values are not shown", () => {
  const names = fc.oneof(fc.constantFrom(...Object.keys({ ...personal, ...others }), "SUDO_UID", "USER"), fc.string());
  const named = new Set(Object.keys(personal).map((name) => name.toUpperCase()));
  fc.assert(
    fc.property(fc.dictionary(names, fc.string()), fc.boolean(), fc.boolean(), (environment, privileged, person) => {
      const { variables, ignored } = trustedEnvironment(environment, privileged, person);
      const gone = Object.keys(environment).filter((name) => !Object.hasOwn(variables, name));
      expect(gone.filter((name) => !named.has(name.toUpperCase()))).toEqual([]);
      expect(gone).toEqual(expect.arrayContaining([...ignored]));
      for (const [name, value] of Object.entries(variables)) expect(value).toBe(environment[name]);
    }),
  );
});

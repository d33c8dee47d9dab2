import { describe, expect, test } from "vitest";
import { checkCredential } from "../../../agent/doctor/settings/credential.ts";
import { checkEnvironment } from "../../../agent/doctor/settings/environment.ts";
import { checkPolicy } from "../../../agent/doctor/settings/policy.ts";
import { checkSettings } from "../../../agent/doctor/settings/settings.ts";
import { AgentError } from "../../../agent/errors.ts";
import type { Platform } from "../../../agent/platform/port.ts";
import { absent, failed, found } from "../../../agent/reading.ts";
import { resolveSettings } from "../../../agent/settings/layers.ts";
import { fakePlatform } from "../../fakes/platform.ts";

const platform = (others: Partial<Platform> = {}, privileged = true) => fakePlatform({ privileged, others });

describe("policy", () => {
  test("a missing policy is fine, and settings are still read", () => {
    expect(checkPolicy(platform())).toEqual({ status: "ok", detail: "none (fake)", value: true });
  });

  test("is counted and its place named", () => {
    const policy = () =>
      found({ origin: "/etc/policy.json", spelling: "file" as const, values: { fleetSize: 3, splay: "1h" } }, "fake");
    expect(checkPolicy(platform({ policy }))).toMatchObject({ detail: "2 settings from /etc/policy.json" });
  });

  test("that can't be read fails", () => {
    const error = new AgentError("settings-unreadable", "not JSON");
    expect(checkPolicy(platform({ policy: () => failed("fake", error) }))).toEqual({ status: "fail", error });
  });
});

test("settings are listed by their layer", () => {
  const resolved = resolveSettings([
    { kind: "flag", location: undefined, values: { fleetSize: "3" } },
    {
      kind: "file",
      location: "/etc/config.json",
      values: { clientId: "k", splay: "1h", fleetSize: 9 },
    },
  ]);
  const finding = checkSettings(() => resolved);
  expect(finding).toMatchObject({ status: "ok", detail: "flag: fleetSize; file: clientId, splay" });
  expect(finding.value).toBe(resolved);
  expect(checkSettings(() => resolveSettings([]))).toMatchObject({ detail: "all at their defaults" });
});

describe("credential", () => {
  const credentialFile = "/etc/linkuser-agent/credential.json";
  const settings = resolveSettings([
    { kind: "file", location: undefined, values: { clientId: "key", credentialFile } },
  ]);
  const check = (content: ReturnType<Platform["readProtected"]>, environment = {}) =>
    checkCredential({ platform: platform({ readProtected: () => content }), environment }, { settings });

  test.each([
    ['{"clientSecret":"planted-secret"}', `secret in ${credentialFile}, protected`],
    ['{"accessToken":"planted-secret"}', `access token in ${credentialFile}, protected`],
  ])("%s is reported without its value", (text, detail) => {
    expect(check(found(text, "fake"))).toMatchObject({ status: "ok", detail });
  });

  test("of the environment is reported", () => {
    const finding = check(absent("fake", "none"), { LINKUSER_CLIENT_SECRET: "planted-secret" });
    expect(finding).toMatchObject({ status: "ok", detail: "secret from the environment" });
    expect(JSON.stringify(finding)).not.toContain("planted-secret");
  });

  test("that others can read is refused", () => {
    const error = new AgentError("credentials-exposed", "mode 0644");
    expect(() => check(failed("fake", error))).toThrow(error);
  });
});

describe("environment", () => {
  const check = (environment: Readonly<Record<string, string>>, ignoredVariables: string[], privileged: boolean) =>
    checkEnvironment({ environment, ignoredVariables, platform: platform({}, privileged) });

  test("with nothing special is well", () => {
    const environment = { PATH: "/usr/bin", HTTPS_PROXY: "http://proxy:3128", LD_PRELOAD: "" };
    expect(check(environment, [], true)).toMatchObject({ status: "ok" });
  });

  test("shows what is ignored, and how to set it", () => {
    expect(check({}, ["HTTPS_PROXY"], true)).toEqual({
      status: "warn",
      detail: "ignored, because a person started this privileged run: HTTPS_PROXY",
      advice: "if a proxy is needed, name it in the setting proxy",
    });
  });

  test.each([
    ["SSL_CERT_FILE", "name additional CAs in the setting caFile"],
    ["KRB5_CONFIG", "unset KRB5_CONFIG"],
    ["OPENSSL_CONF", "unset OPENSSL_CONF"],
  ])("%s that is ignored: %s", (name, advice) => {
    expect(check({}, [name], true)).toMatchObject({ status: "warn", advice });
  });

  test("names variables of Node that have no effect", () => {
    expect(check({ NODE_EXTRA_CA_CERTS: "/ca.pem" }, [], false)).toEqual({
      status: "warn",
      detail: "without effect: NODE_EXTRA_CA_CERTS",
      advice: "name additional CAs in the setting caFile",
    });
  });

  test.each(["LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "DYLD_INSERT_LIBRARIES"])(
    "%s matters if the run may have more rights than the user who started it",
    (name) => {
      const environment = { [name]: "/home/alice/planted.so" };
      const finding = check(environment, [], true);
      expect(finding).toMatchObject({ status: "warn", advice: `unset ${name}` });
      expect(JSON.stringify(finding)).not.toContain("planted");
      expect(check(environment, [], false)).toMatchObject({ status: "ok" });
    },
  );
});

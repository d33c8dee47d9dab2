import { describe, expect, test } from "vitest";
import { type AdviceFacts, nextStep } from "../../agent/doctor/advice.ts";
import { AgentError, type ErrorCode } from "../../agent/errors.ts";

const facts: AdviceFacts = {
  platform: "linux",
  privileged: true,
  credentialFile: undefined,
  configFile: undefined,
  baseUrl: "https://gears.opswat.com",
  peer: { host: "proxy.example.com", port: "3128", proxy: "http://proxy.example.com:3128", hasLogin: false },
};
const advise = (code: ErrorCode, others: Partial<AdviceFacts> = {}) =>
  nextStep(new AgentError(code, ""), { ...facts, ...others });

describe("the next step", () => {
  test.each([
    ["credentials-missing", "sudo linkuser-agent install --credential-from FILE"],
    ["name-not-resolved", "getent ahosts proxy.example.com"],
    ["not-connected", "curl --include --proxy http://proxy.example.com:3128 https://gears.opswat.com/o/oauth/token"],
    [
      "tls-untrusted",
      "openssl s_client -showcerts -proxy proxy.example.com:3128 -connect gears.opswat.com:443 </dev/null",
    ],
    ["settings-unreadable", "correct it, then run linkuser-agent config"],
    ["invalid-value", "correct the flag, then run this again"],
  ] as const)("after %s is: %s", (code, step) => {
    expect(advise(code)).toBe(step);
  });

  test("at a proxy's log-on is curl with the account that the agent uses", () => {
    const tried = (user: string) =>
      `curl --include --proxy http://proxy.example.com:3128 --proxy-anyauth --proxy-user ${user} https://gears.opswat.com/o/oauth/token`;
    expect(advise("proxy-refused")).toBe(tried(":"));
    const peer = { host: "proxy.example.com", port: "3128", proxy: "http://proxy.example.com:3128", hasLogin: true };
    expect(advise("proxy-refused", { peer })).toBe(tried("NAME"));
    expect(advise("not-json", { peer })).toBe(tried("NAME"));
  });

  test("is the system's own command", () => {
    expect(advise("name-not-resolved", { platform: "windows" })).toBe("nslookup proxy.example.com");
    expect(advise("credentials-missing", { platform: "windows" })).toContain("--credential-from FILE");
    expect(advise("tls-untrusted", { platform: "windows" })).toBeUndefined();
  });

  test("is the error's own remedy, where it has one", () => {
    const error = new AgentError("settings-exposed", "It is open.", { remedy: "chmod go-w /etc/x" });
    expect(error.message).toBe("It is open. Run chmod go-w /etc/x");
    expect(nextStep(error, facts)).toBe("chmod go-w /etc/x");
  });

  test("names the file that a setting or --config names", () => {
    expect(advise("credentials-missing", { credentialFile: "/srv/a b.json" })).toBe(
      "sudo install -D -m 600 FILE '/srv/a b.json'",
    );
    expect(advise("setting-invalid", { configFile: "/srv/c.json" })).toBe(
      "correct it, then run linkuser-agent config --config /srv/c.json",
    );
  });

  test("for a plain user who may not read the credential is to look as root", () => {
    expect(advise("credentials-unreadable", { privileged: false })).toBe("sudo linkuser-agent doctor");
    expect(advise("credentials-unreadable")).toBeUndefined();
  });

  test("is left out if the message says it all, or if facts are missing", () => {
    expect(advise("credentials-exposed")).toBeUndefined();
    expect(advise("tls-untrusted", { peer: undefined })).toBeUndefined();
    expect(advise("no-answer", { baseUrl: undefined })).toBeUndefined();
  });
});

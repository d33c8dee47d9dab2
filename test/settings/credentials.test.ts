import { describe, expect, test } from "vitest";
import { AgentError } from "../../agent/errors.ts";
import { absent, failed, found, type Reading } from "../../agent/reading.ts";
import { findCredentials, findProxyLogin, parseCredentials } from "../../agent/settings/credentials.ts";

const path = "/etc/linkuser-agent/credential.json";
const withFields = (fields: object) => () => found(JSON.stringify(fields), path);

describe("the log-on for a proxy", () => {
  const login = { proxyUsername: "CORP\\agent", proxyPassword: "planted: p@ss" };

  test.each<[string, object]>([
    ["alone", {}],
    ["beside a client", { clientId: "key", clientSecret: "secret" }],
    ["beside a token", { accessToken: "token" }],
  ])("stands in the credential file: %s", (_, others) => {
    expect(findProxyLogin(path, withFields({ ...login, ...others }))?.pair.reveal()).toBe("CORP\\agent:planted: p@ss");
  });

  test("may have letters of any language", () => {
    const other = { proxyUsername: "CORP\\büro", proxyPassword: "paßwort ключ" };
    expect(findProxyLogin(path, withFields(other))?.pair.reveal()).toBe("CORP\\büro:paßwort ключ");
  });

  test("alone in the file does not block credentials from the environment", () => {
    const environment = { LINKUSER_ACCESS_TOKEN: "token" };
    const settings = { auth: "auto", clientId: undefined } as const;
    const found = findCredentials(settings, environment, path, withFields(login));
    expect(found).toMatchObject({ kind: "token", origin: "environment" });
  });

  test("is no credential of the account by itself", () => {
    const parse = () => parseCredentials(JSON.stringify(login), path, "key");
    expect(parse).toThrow(expect.objectContaining({ code: "credentials-invalid" }));
    expect(parse).toThrow("neither clientSecret nor accessToken");
  });

  test.each<[string, Reading<string>]>([
    ["there is no file", absent(path, "no such file")],
    ["this user may not read it", failed(path, new AgentError("credentials-unreadable", "this user may not"))],
    ["the file has only the account's", found('{"accessToken":"token"}', path)],
  ])("is none if %s", (_, file) => {
    expect(findProxyLogin(path, () => file)).toBeUndefined();
  });

  test("in a file that others can read is refused", () => {
    const exposed = failed(path, new AgentError("credentials-exposed", "run chmod 600"));
    expect(() => findProxyLogin(path, () => exposed)).toThrow(expect.objectContaining({ code: "credentials-exposed" }));
  });

  test.each<[object, RegExp]>([
    [{ proxyUsername: "agent" }, /proxyUsername without proxyPassword/],
    [{ proxyPassword: "planted" }, /proxyPassword without proxyUsername/],
    [{ ...login, proxyUsername: "a:b" }, /proxyUsername has a colon/],
    [{ ...login, proxyUsername: "" }, /proxyUsername in .* must be 1 to/],
    [{ ...login, proxyPassword: "planted\r\nHost: x" }, /proxyPassword in .* must be 1 to/],
  ])("%j is refused with words, but never with the password", (fields, said) => {
    const file = JSON.stringify({ accessToken: "token", ...fields });
    for (const read of [
      () => findProxyLogin(path, () => found(file, path)),
      () => parseCredentials(file, path, "key"),
    ]) {
      expect(read).toThrow(said);
      expect(read).not.toThrow("planted");
    }
  });
});

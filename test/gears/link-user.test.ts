import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AgentError } from "../../agent/errors.ts";
import {
  buildLinkUserRequest,
  describeLinkUserRequest,
  type LinkRequest,
  readLinkUserResponse,
} from "../../agent/gears/link-user.ts";
import { Secret } from "../../agent/secret.ts";
import { answer, anyAnswer, codeThrownBy, hostileBodies, now, portalPage } from "./answers.ts";

const token = new Secret("tok-0123456789");
const context = { host: "gears.opswat.com", secrets: [token] };
const read = (response: ReturnType<typeof answer>) => readLinkUserResponse(response, context, now);
const alice: LinkRequest = { value: "00:0c:29:f2:7a:29", opt: 0, username: "alice", group: "Sales EMEA" };

describe("the request", () => {
  test("is what the vendor documents", () => {
    const request = buildLinkUserRequest("https://gears.opswat.com", alice, token);
    expect(request.method).toBe("POST");
    expect(request.origin).toBe("https://gears.opswat.com");
    expect(request.target.reveal()).toBe(
      "/o/api/v2/devices/00:0c:29:f2:7a:29/link_user?opt=0&access_token=tok-0123456789",
    );
    expect(request.headers["content-type"]).toBe("application/json");
    expect(request.body?.reveal()).toBe('{"username":"alice","group":"Sales EMEA"}');
  });

  test("leaves the group out where there is none", () => {
    const request = buildLinkUserRequest("https://gears.opswat.com", { ...alice, group: undefined }, token);
    expect(request.body?.reveal()).toBe('{"username":"alice"}');
  });

  test("keeps port and path of the tenant's address", () => {
    const { origin, target } = buildLinkUserRequest("https://gateway.example.com:8443/gears/", alice, token);
    expect(origin).toBe("https://gateway.example.com:8443");
    expect(target.reveal()).toMatch(/^\/gears\/o\/api\/v2\/devices\//);
  });

  test("shows no token, however it is printed", () => {
    const request = buildLinkUserRequest("https://gears.opswat.com", alice, token);
    expect(JSON.stringify(request)).not.toContain("tok-");
    expect(String(request.target)).toBe("REDACTED");
  });

  test("has no token where a gateway adds it", () => {
    const request = buildLinkUserRequest("https://gateway.example.com", alice, undefined);
    expect(request.target.reveal()).toBe("/o/api/v2/devices/00:0c:29:f2:7a:29/link_user?opt=0");
    for (const auth of ["none", "negotiate"] as const) {
      const { url } = describeLinkUserRequest("https://gateway.example.com", alice, auth);
      expect(url).toBe("https://gateway.example.com/o/api/v2/devices/00:0c:29:f2:7a:29/link_user?opt=0");
    }
  });

  test("is described with the token redacted", () => {
    expect(describeLinkUserRequest("https://gears.opswat.com", alice, "auto")).toEqual({
      method: "POST",
      url: "https://gears.opswat.com/o/api/v2/devices/00:0c:29:f2:7a:29/link_user?opt=0&access_token=REDACTED",
      body: { username: "alice", group: "Sales EMEA" },
    });
  });

  test("no value, token or name can change its shape", () => {
    const text = fc.string({ unit: "grapheme", minLength: 1 });
    fc.assert(
      fc.property(text, fc.constantFrom(0, 1), text, text, (value, opt, username, tokenText) => {
        const request: LinkRequest = { value, opt, username, group: undefined };
        const built = buildLinkUserRequest("https://gears.opswat.com", request, new Secret(tokenText));
        const shape = /^\/o\/api\/v2\/devices\/([^/?#]+)\/link_user\?opt=[01]&access_token=([^&#?]+)$/;
        const [, device = "", sent = ""] = shape.exec(built.target.reveal()) ?? [];
        expect(decodeURIComponent(device)).toBe(value);
        expect(decodeURIComponent(sent)).toBe(tokenText);
        expect(JSON.parse(built.body?.reveal() ?? "")).toEqual({ username });
      }),
    );
  });
});

describe("the answer", () => {
  test.each([
    ["success", answer(200, { result: 1, msg: "OK" }), "linked"],
    ["success with the result as text", answer(200, { result: "1", msg: "OK" }), "linked"],
    ["success without a message", answer(200, { result: 1 }), "linked"],
    ["success behind a byte order mark", answer(200, '\ufeff{"result":1,"msg":"OK"}'), "linked"],
    ["success labelled as HTML", answer(200, { result: 1 }, { "content-type": "text/html" }), "linked"],
    ["unknown device, 200", answer(200, { result: 0, msg: "Device not found" }), "device-unknown"],
    ["unknown device, 404", answer(404, { result: 0, msg: "Device not found" }), "device-unknown"],
    ["unknown device, 404 without a message", answer(404, { result: 0 }), "device-unknown"],
    ["unknown device, 404 without a body", answer(404), "device-unknown"],
    ["unknown device, 400", answer(400, { result: 0, msg: "Device not found" }), "device-unknown"],
    ["unknown device, other case", answer(200, { result: "0", msg: "device not found." }), "device-unknown"],
    ["429", answer(429, { msg: "slow down" }), "rate-limited"],
    ["429 of a gateway", answer(429, portalPage), "rate-limited"],
  ])("%s", (_, response, kind) => {
    expect(read(response)).toMatchObject(kind === "linked" ? { kind, message: "OK" } : { kind });
  });

  test.each([
    ["401", answer(401, { result: 0, msg: "Invalid token" }), "token-refused", "token-refused"],
    ["401 with a server's own page", answer(401, portalPage), "token-refused", "token-refused"],
    ["400", answer(400, { result: 0, msg: "bad username" }), "refused", "request-refused"],
    ["405", answer(405), "refused", "request-refused"],
    ["406", answer(406, {}), "refused", "request-refused"],
    ["413", answer(413, {}), "refused", "request-refused"],
    ["415", answer(415, {}), "refused", "request-refused"],
    ["result 0 with another message", answer(200, { result: 0, msg: "No licence" }), "refused", "request-refused"],
    ["result 0 without a message", answer(200, { result: 0 }), "refused", "request-refused"],
    ["result 0 with 403", answer(403, { result: 0, msg: "No permission" }), "refused", "request-refused"],
    ["403 of a firewall with a reason", answer(403, { message: "Blocked by policy" }), "refused", "request-refused"],
    ["402 with a reason", answer(402, { error: { message: "No licence" } }), "refused", "request-refused"],
    ["410 with a reason", answer(410, { detail: "Gone" }), "refused", "request-refused"],
    ["422 with a reason", answer(422, { errors: ["username is too long"] }), "refused", "request-refused"],
    ["423 with a reason", answer(423, { reason: "Locked" }), "refused", "request-refused"],
    ["425", answer(425), "server-error", "server-error"],
    ["500", answer(500, { result: 0, msg: "oops" }), "server-error", "server-error"],
    ["502 of a gateway", answer(502, portalPage), "server-error", "server-error"],
    ["599", answer(599), "server-error", "server-error"],
    ["408", answer(408), "server-error", "server-error"],
  ])("%s", (_, response, kind, code) => {
    expect(read(response)).toMatchObject({ kind, error: { code } });
  });

  test.each([
    ["a redirect to another host", answer(302, "", { location: "https://portal.example/?u=x" }), "intercepted"],
    ["a redirect for good", answer(308, "", { location: "https://portal.example/" }), "redirected"],
    ["a redirect on the same host", answer(302, "", { location: "/login" }), "redirected"],
    ["a redirect to nowhere", answer(307), "redirected"],
    ["not modified", answer(304), "redirected"],
    ["a captive portal's page", answer(200, portalPage, { "content-type": "text/html" }), "intercepted"],
    ["a captive portal's status", answer(511, portalPage), "intercepted"],
    ["a web page for 404", answer(404, portalPage), "not-json"],
    ["a web page for 400", answer(400, portalPage), "not-json"],
    ["plain text", answer(200, "OK"), "not-json"],
    ["nothing", answer(200), "not-json"],
    ["nothing, 204", answer(204), "not-json"],
    ["another JSON", answer(200, { status: "ok" }), "unexpected-answer"],
    ["a JSON list", answer(200, "[1]"), "unexpected-answer"],
    ["result true", answer(200, { result: true }), "unexpected-answer"],
    ["result 1 with 404", answer(404, { result: 1 }), "unexpected-answer"],
    ["a proxy's 407", answer(407, {}), "unexpected-answer"],
    ["a firewall's 403", answer(403, {}), "unexpected-answer"],
    ["404 of another service", answer(404, { error: "Not Found", path: "/o/api/v2" }), "unexpected-answer"],
    ["404 of another service, with a message", answer(404, { message: "no Route matched" }), "unexpected-answer"],
    ["404 with an empty object", answer(404, {}), "unexpected-answer"],
  ])("%s is no answer of the API", (_, response, code) => {
    expect(codeThrownBy(() => read(response))).toBe(code);
  });

  test.each([
    [answer(200, { result: 0, msg: "No licence" }), "gears.opswat.com refuses the request: No licence."],
    [answer(403, { result: 0, msg: "No right" }), "gears.opswat.com refuses the request (status 403): No right."],
    [
      { ...answer(403, { result: 0, msg: "Only machines" }), account: "alice@CORP" },
      "gears.opswat.com refuses the request by alice@CORP (status 403): Only machines.",
    ],
    [answer(409, { result: 0 }), "gears.opswat.com refuses the request (status 409), without a reason."],
  ])("a refusal shows the server's words: %#", (response, message) => {
    expect(read(response)).toMatchObject({ kind: "refused", error: { message } });
  });

  test.each([
    [answer(307), "gears.opswat.com redirects (status 307), which the API never does."],
    [answer(200, "<title>Hotel WLAN</title>"), "it sends a web page (status 200: Hotel WLAN). Open a web page"],
    [answer(200, "OK"), "gears.opswat.com answered with something that is not JSON (status 200: OK)."],
    [
      answer(404, "<title>404 - Not Found</title>"),
      "gears.opswat.com answered with a web page (status 404: Not Found).",
    ],
  ])("an answer that is not the API's is described: %#", (response, message) => {
    expect(() => read(response)).toThrow(message);
  });

  test.each([
    [answer(401, { message: "Token has expired" }), /refuses the access token \(status 401: Token has expired\)/],
    [answer(401, { error: "invalid_token", error_description: "Bad token tok-0123456789" }), /Bad token REDACTED/],
    [answer(403, { message: `Blocked: ${Buffer.from("x:tok-0123456789").toString("base64")}` }), /Blocked: (?!.*b2st)/],
  ])("a refusal shows the server's words, redacted: %#", (response, said) => {
    const got = read(response);
    expect("error" in got && got.error.message).toMatch(said);
  });

  test("names the host of a redirect, and nothing else of it", () => {
    const echo = answer(302, "", { location: "https://portal.example/login?next=%3Faccess_token%3Dtok-0123456789" });
    expect(() => read(echo)).toThrow(
      /^A captive portal .* in place of gears\.opswat\.com: it redirects to portal\.example \(status 302\)/,
    );
    expect(() => read(echo)).not.toThrow(/tok-|next/);
  });

  test("says when to come back", () => {
    const response = answer(429, "", { "x-ratelimit-reset-time": "30", "x-ratelimit-remaining": "0" });
    const rateLimit = { limit: undefined, remaining: 0, notBefore: now + 30_000 };
    expect(read(response)).toMatchObject({ kind: "rate-limited", rateLimit });
    const maintenance = answer(503, "", { "retry-after": "60" });
    expect(read(maintenance)).toMatchObject({ kind: "server-error", rateLimit: { notBefore: now + 60_000 } });
  });

  test("a message can neither show the token nor forge a line", () => {
    const said = { result: 1, msg: "OK tok-0123456789\nforged \u001b[2J" };
    expect(read(answer(200, said))).toMatchObject({ message: "OK REDACTED\\u{a}forged \\u{1b}[2J" });
  });

  test.each([200, 400, 404])("the hostile corpus with status %d never links and never breaks the reader", (status) => {
    for (const body of hostileBodies) {
      const outcome = { kind: "" };
      codeThrownBy(() => Object.assign(outcome, read(answer(status, body))));
      expect(outcome.kind, body.slice(0, 40)).not.toBe("linked");
    }
  });

  test("any answer ends as one of the union or as an error of the contract, without the token", () => {
    fc.assert(
      fc.property(anyAnswer, fc.boolean(), (response, echo) => {
        const given = echo ? { ...response, body: JSON.stringify({ result: 0, msg: token.reveal() }) } : response;
        try {
          const result = read(given);
          const shown = "error" in result ? result.error.message : "message" in result ? result.message : "";
          expect(shown).not.toContain(token.reveal());
          expect(shown).not.toMatch(/\p{Cc}/u);
        } catch (thrown) {
          if (!(thrown instanceof AgentError)) throw thrown;
          expect(thrown.outcome).toBe("protocol");
          expect(thrown.message).not.toContain(token.reveal());
          expect(thrown.message).not.toMatch(/\p{Cc}/u);
        }
      }),
      { numRuns: 500 },
    );
  });
});

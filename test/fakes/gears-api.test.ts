import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createGearsApi, type GearsApi, type GearsApiOptions, type GearsRequest, type Reply } from "./gears-api.ts";

const now = 1_700_000_000_000;
const device = "00:0c:29:f2:7a:29";
const hwid = "1dc0aaaa292ce801f5379042d68bb6cb";

function tokenRequest(form: Record<string, string>): GearsRequest {
  return {
    method: "POST",
    target: "/o/oauth/token",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(form).toString(),
  };
}

function linkRequest(token: string, overrides: Partial<GearsRequest> & { query?: string; device?: string } = {}) {
  const { query = `opt=0&access_token=${token}`, device: value = device, ...rest } = overrides;
  return {
    method: "POST",
    target: `/o/api/v2/devices/${value}/link_user?${query}`,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username: "alice", group: "Sales EMEA" }),
    ...rest,
  };
}

const body = (reply: Reply) => JSON.parse(String(reply.body));

function started(options: GearsApiOptions = {}): { api: GearsApi; token: string } {
  const api = createGearsApi(options);
  return { api, token: api.issueToken(now) };
}

/** Sends one link_user request to a server of its own and gives the answer. */
function linkOnce(overrides: Parameters<typeof linkRequest>[1], options?: GearsApiOptions): Reply {
  const { api, token } = started(options);
  const query = overrides?.query?.replace("TOKEN", token);
  return api.answer(linkRequest(token, { ...overrides, ...(query !== undefined && { query }) }), now);
}

describe("the token endpoint", () => {
  const { clientId, clientSecret, ...api } = createGearsApi();
  const good = { client_id: clientId, client_secret: clientSecret, grant_type: "client_credentials" };

  test("gives a token for client credentials, and link_user takes it", () => {
    const reply = api.answer(tokenRequest(good), now);
    expect(reply.status).toBe(200);
    expect(body(reply)).toEqual({ access_token: expect.any(String), token_type: "bearer", expires_in: 3600 });
    expect(api.answer(linkRequest(body(reply).access_token), now).status).toBe(200);
    expect(api.secrets).toContain(body(reply).access_token);
  });

  test.each([
    ["a wrong secret", { ...good, client_secret: "wrong" }, 401, "invalid_client"],
    ["an unknown client", { ...good, client_id: "wrong" }, 401, "invalid_client"],
    ["another grant", { ...good, grant_type: "password" }, 400, "unsupported_grant_type"],
    ["no grant", { client_id: clientId, client_secret: clientSecret }, 400, "invalid_request"],
  ])("refuses %s as RFC 6749 says", (_, form, status, error) => {
    const reply = api.answer(tokenRequest(form as Record<string, string>), now);
    expect([reply.status, body(reply).error]).toEqual([status, error]);
  });

  test("refuses another method and another media type", () => {
    expect(api.answer({ ...tokenRequest(good), method: "GET" }, now).status).toBe(405);
    expect(api.answer({ ...tokenRequest(good), headers: { "content-type": "application/json" } }, now).status).toBe(
      415,
    );
  });
});

describe("link_user", () => {
  test("answers success as documented and remembers the link", () => {
    const { api, token } = started();
    const reply = api.answer(linkRequest(token), now);
    expect([reply.status, body(reply)]).toEqual([200, { result: 1, msg: "OK" }]);
    expect(api.links.get(device)).toEqual({ user: "alice", group: "Sales EMEA" });
  });

  test("takes a HWID with opt=1, and a MAC address where opt is left out", () => {
    expect(linkOnce({ device: hwid, query: "opt=1&access_token=TOKEN" }).status).toBe(200);
    expect(linkOnce({ query: "access_token=TOKEN" }).status).toBe(200);
  });

  test("takes names of 1 to 256 characters in any script", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1, maxLength: 80 }), (username) => {
        const status = linkOnce({ body: JSON.stringify({ username }) }).status;
        expect(status).toBe([...username].length <= 256 ? 200 : 400);
      }),
    );
  });

  test.each<[string, number, Parameters<typeof linkRequest>[1]]>([
    ["no JSON", 400, { body: "username=alice" }],
    ["JSON that is no object", 400, { body: "[]" }],
    ["no user name", 400, { body: "{}" }],
    ["an empty user name", 400, { body: '{"username":""}' }],
    ["a user name that is too long", 400, { body: JSON.stringify({ username: "a".repeat(257) }) }],
    ["an empty group", 400, { body: '{"username":"a","group":""}' }],
    ["a group of null", 400, { body: '{"username":"a","group":null}' }],
    ["an unknown field", 400, { body: '{"username":"a","domain":"CORP"}' }],
    ["another opt", 400, { query: "opt=2&access_token=TOKEN" }],
    ["a parameter twice", 400, { query: "opt=0&opt=0&access_token=TOKEN" }],
    ["an unknown parameter", 400, { query: "opt=0&access_token=TOKEN&user=alice" }],
    ["a MAC address in another form", 400, { device: "00-0C-29-F2-7A-29" }],
    ["an escaped MAC address", 400, { device: "00%3A0c%3A29%3Af2%3A7a%3A29" }],
    ["a HWID as a MAC address", 400, { device: hwid }],
    ["no token", 401, { query: "opt=0" }],
    ["another token", 401, { query: "opt=0&access_token=guess" }],
    ["another path", 404, { target: "/o/api/v2/devices/link_user" }],
    ["another method", 405, { method: "PUT" }],
    ["another accepted type", 406, { headers: { "content-type": "application/json", accept: "text/html" } }],
    ["a huge body", 413, { body: " ".repeat(20_000) }],
    ["another media type", 415, { headers: { "content-type": "text/plain" } }],
    ["no media type", 415, { headers: {} }],
  ])("refuses %s with %i", (_, status, overrides) => {
    const reply = linkOnce(overrides);
    expect([reply.status, body(reply)]).toEqual([status, { result: 0, msg: expect.any(String) }]);
  });

  test.each([200, 404] as const)("does not know a device that is not registered, by %i", (unknownDeviceStatus) => {
    const options = { devices: [hwid], unknownDeviceStatus };
    const reply = linkOnce({}, options);
    expect([reply.status, body(reply)]).toEqual([unknownDeviceStatus, { result: 0, msg: "Device not found" }]);
    expect(linkOnce({ device: hwid, query: "opt=1&access_token=TOKEN" }, options).status).toBe(200);
  });
});

describe("tokens", () => {
  test("expire after their lifetime", () => {
    const { api, token } = started({ tokenLifetime: 60 });
    expect(api.answer(linkRequest(token), now + 59_999).status).toBe(200);
    expect(api.answer(linkRequest(token), now + 60_000).status).toBe(401);
  });

  test("expire on demand, but for a static one", () => {
    const { api, token } = started({ staticToken: "static" });
    api.expireTokens();
    expect(api.answer(linkRequest(token), now).status).toBe(401);
    expect(api.answer(linkRequest("static"), now).status).toBe(200);
  });
});

describe("the limit", () => {
  const limit = { calls: 2, periodMs: 60_000 };
  /** Twenty seconds into a window of the clock. */
  const at = Math.ceil(now / 60_000) * 60_000 + 20_000;

  function statusesAndLast(options: GearsApiOptions): { statuses: number[]; last: Record<string, string> } {
    const { api, token } = started({ limit, ...options });
    const replies = [0, 0, 0].map(() => api.answer(linkRequest(token), at));
    return { statuses: replies.map(({ status }) => status), last: { ...replies.at(-1)?.headers } };
  }

  test("is shared by all calls with any token, and reported as a delay", () => {
    const { statuses, last } = statusesAndLast({});
    expect(statuses).toEqual([200, 200, 429]);
    expect(last).toMatchObject({
      "X-RateLimit-Limit": "2",
      "X-RateLimit-Remaining": "0",
      "X-RateLimit-Reset-Time": "40",
    });
    expect(last).not.toHaveProperty("Retry-After");
  });

  test("is reported as an epoch time, and in Retry-After in either form, where asked to", () => {
    const reset = at + 40_000;
    const seconds = statusesAndLast({ rateHeaders: "epoch", retryAfter: "seconds" }).last;
    expect(seconds).toMatchObject({ "X-RateLimit-Reset-Time": String(reset / 1000), "Retry-After": "40" });
    const date = statusesAndLast({ rateHeaders: "none", retryAfter: "date" }).last;
    expect(date).toEqual({ "Content-Type": "application/json", "Retry-After": new Date(reset).toUTCString() });
  });

  test("counts refused values, but not calls without a token", () => {
    const { api, token } = started({ limit });
    const statuses = [
      api.answer(linkRequest("guess"), at),
      api.answer(linkRequest(token, { body: "{}" }), at),
      api.answer(linkRequest(token), at),
      api.answer(linkRequest(token), at),
    ].map(({ status }) => status);
    expect(statuses).toEqual([401, 400, 200, 429]);
  });

  test("counts token calls if the test asks for it", () => {
    const { api, token } = started({ limit, tokenCallsCount: true });
    const { clientId: client_id, clientSecret: client_secret } = api;
    const asking = tokenRequest({ client_id, client_secret, grant_type: "client_credentials" });
    const statuses = [asking, linkRequest(token), linkRequest(token), asking].map(
      (request) => api.answer(request, at).status,
    );
    expect(statuses).toEqual([200, 200, 429, 429]);
  });
});

describe("what is recorded", () => {
  test("names the device, user and group, and never the query with its token", () => {
    const { api, token } = started();
    const asked = api.read(linkRequest(token));
    expect(asked).toEqual({
      endpoint: "link_user",
      method: "POST",
      path: `/o/api/v2/devices/${device}/link_user`,
      device,
      opt: "0",
      user: "alice",
      group: "Sales EMEA",
    });
  });

  test("reads any request without failing", () => {
    const { api } = started({ basePath: "/tenant" });
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (target, method, text) => {
        const request = { method, target, headers: {}, body: text };
        expect(api.read(request).path).toBe(target.split("?")[0]);
        expect(api.answer(request, now).status).toBeGreaterThanOrEqual(400);
      }),
    );
  });
});

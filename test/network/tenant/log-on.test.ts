import { expect, test, vi } from "vitest";
import { AgentError } from "../../../agent/errors.ts";
import type { ApiRequest, RawResponse } from "../../../agent/network/exchange.ts";
import type { LogOnPeer, SystemLogOn } from "../../../agent/network/log-on/system-log-on.ts";
import { withGatewayLogOn } from "../../../agent/network/tenant/log-on.ts";
import { TimeLimitReached } from "../../../agent/network/time-limit.ts";
import { Secret } from "../../../agent/secret.ts";

const gateway = {
  host: "linkuser.corp.example:8443",
  name: "linkuser.corp.example",
  channelBinding: Buffer.from("tls-server-end-point:x"),
};
const request: ApiRequest = {
  method: "POST",
  origin: "https://linkuser.corp.example:8443",
  target: new Secret("/x"),
  headers: { accept: "application/json" },
  body: new Secret("{}"),
};
const never = new AbortController().signal;
const negotiate = (token?: string): Record<string, string> => ({
  "www-authenticate": token === undefined ? "Negotiate" : `Negotiate ${Buffer.from(token).toString("base64")}`,
});
const answer = (status: number, headers: Record<string, string> = {}): RawResponse => ({ status, headers, body: "" });

/** The steps by the gateway's token: our token, and whether the log-on is complete. An Error is thrown. */
type Steps = Readonly<Record<string, readonly [token: string | undefined, complete: boolean] | Error>>;
const kerberos: Steps = { "": ["ticket", false], proof: [undefined, true] };

function connect(answers: readonly RawResponse[], steps: Steps = kerberos, account?: string) {
  const sent: (string | undefined)[] = [];
  const peers: LogOnPeer[] = [];
  let closed = 0;
  const left = [...answers];
  const connection = {
    ended: false,
    destroy() {},
    async exchange({ authorization }: ApiRequest) {
      const [scheme, token = ""] = authorization?.reveal().split(" ") ?? [];
      sent.push(`${scheme} ${Buffer.from(token, "base64")}`);
      return left.shift() ?? expect.fail("one request too many");
    },
  };
  const system: SystemLogOn = {
    schemes: ["Negotiate"],
    async start(peer) {
      peers.push(peer);
      return {
        account: account ?? "HOST$@CORP.EXAMPLE",
        async step(token) {
          const step = steps[token?.toString() ?? ""] ?? expect.fail(`no step for ${token}`);
          if (step instanceof Error) throw step;
          return { token: step[0] === undefined ? undefined : Buffer.from(step[0]), complete: step[1] };
        },
        async close() {
          closed += 1;
        },
      };
    },
  };
  const send = (signal = never) => withLogOn.exchange(request, signal);
  const withLogOn = withGatewayLogOn(connection, gateway, system);
  return { send, sent, peers, closed: () => closed };
}

test("each request proves the machine's identity at once, and each answer the gateway's", async () => {
  const { send, sent, peers, closed } = connect([answer(200, negotiate("proof")), answer(404, negotiate("proof"))]);
  expect(await send()).toMatchObject({ status: 200, account: "HOST$@CORP.EXAMPLE" });
  expect(await send()).toMatchObject({ status: 404 });
  expect(sent).toEqual(["Negotiate ticket", "Negotiate ticket"]);
  const { name: host, channelBinding } = gateway;
  expect(peers).toEqual(Array(2).fill({ scheme: "Negotiate", host, channelBinding }));
  expect(closed()).toBe(2);
});

test("a log-on of several legs goes on over the same connection", async () => {
  const steps: Steps = { "": ["one", false], more: ["two", false], proof: [undefined, true] };
  const { send, sent } = connect([answer(401, negotiate("more")), answer(200, negotiate("proof"))], steps);
  expect(await send()).toMatchObject({ status: 200 });
  expect(sent).toEqual(["Negotiate one", "Negotiate two"]);
});

test("the last token is sent, though nothing more is expected after it", async () => {
  const steps: Steps = { "": ["one", false], more: ["two", true] };
  const { send, sent } = connect([answer(401, negotiate("more")), answer(200)], steps);
  expect(await send()).toMatchObject({ status: 200 });
  expect(sent).toEqual(["Negotiate one", "Negotiate two"]);
});

test("a gateway that authenticates the connection proves itself once", async () => {
  const { send } = connect([answer(200, negotiate("proof")), answer(200)]);
  await send();
  expect(await send()).toMatchObject({ status: 200 });
});

test.each([200, 404])("the answer %i of one that does not prove itself is not believed", async (status) => {
  for (const headers of [{}, negotiate(), { "www-authenticate": "Negotiate not!base64" }]) {
    await expect(connect([answer(status, headers)]).send()).rejects.toMatchObject({
      code: "unexpected-answer",
      message: expect.stringContaining(`did not prove itself: its answer (status ${status})`),
    });
  }
});

test.each([302, 413, 429, 503])("the answer %i needs no proof: it says nothing of the device", async (status) => {
  expect(await connect([answer(status)]).send()).toMatchObject({ status });
});

test.each<[string, readonly RawResponse[], Steps, RegExp]>([
  [
    "without more ado",
    [answer(401, negotiate())],
    kerberos,
    /refuses the log-on of HOST\$@CORP\.EXAMPLE \(status 401\)/,
  ],
  [
    "with a reason",
    [answer(401, negotiate("error"))],
    {
      ...kerberos,
      error: new AgentError("credentials-refused", "…", { cause: new Error("Key version is not available") }),
    },
    /\(status 401: Key version is not available\)\..*current key of HTTP\/linkuser\.corp\.example/,
  ],
  [
    "after its proof",
    [answer(401, negotiate("proof"))],
    kerberos,
    /knows HOST\$@CORP\.EXAMPLE, but does not let it link/,
  ],
  [
    "after five legs",
    Array(5).fill(answer(401, negotiate("more"))),
    { "": ["one", false], more: ["two", false] },
    /refuses the log-on/,
  ],
  ["for a password", [answer(401, { "www-authenticate": 'Basic realm="x"' })], kerberos, /offers Basic \(status 401\)/],
  ["for nothing", [answer(401)], kerberos, /offers no log-on that is known here/],
])("401 %s ends it", async (_, answers, steps, message) => {
  const { send, sent } = connect(answers, steps);
  await expect(send()).rejects.toMatchObject({ code: "token-refused", message: expect.stringMatching(message) });
  expect(sent).toHaveLength(answers.length);
});

test("a failure of the system is reported as the log-on's", async () => {
  const { send, sent, closed } = connect([], { "": new AgentError("not-connected", "No KDC answers.") });
  const place = { stage: "log-on", party: "tenant" };
  await expect(send()).rejects.toMatchObject({ code: "not-connected", message: "No KDC answers.", place });
  expect(sent).toEqual([]);
  expect(closed()).toBe(1);
});

test("a slow KDC is reported, not the gateway", async () => {
  const late = new AbortController();
  const { send, closed } = connect([], { "": ["ticket", false] });
  late.abort(new TimeLimitReached(30_000));
  await expect(send(late.signal)).rejects.toMatchObject({
    code: "not-connected",
    message: expect.stringMatching(
      /^This machine got no Kerberos ticket for linkuser\.corp\.example:8443 within 30 s\./,
    ),
  });
  // The system starts the log-on nevertheless.
  await vi.waitFor(() => expect(closed()).toBe(1), 30_000);
});

test("a system without Negotiate names the alternative", async () => {
  const connection = withGatewayLogOn({ ended: false, destroy() {}, exchange: expect.fail }, gateway, undefined);
  await expect(connection.exchange(request, never)).rejects.toMatchObject({
    code: "credentials-missing",
    message: expect.stringContaining("Use a client certificate (auth = none)"),
  });
});

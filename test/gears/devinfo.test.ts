import fc from "fast-check";
import { expect, test } from "vitest";
import { AgentError } from "../../agent/errors.ts";
import { buildDevinfoRequest, readDevinfo, readVendorDeviceId } from "../../agent/gears/devinfo.ts";
import type { RawResponse, Sender } from "../../agent/network/exchange.ts";
import { absent, failed, found } from "../../agent/reading.ts";
import { answer, anyAnswer } from "./answers.ts";

const hwid = "1dc0aaaa292ce801f5379042d68bb6cb";
const success = JSON.stringify({ code: 0, description: "Success", info: { hwid } });
const read = (body: string, status = 200) => readDevinfo(answer(status, body, { "content-type": "text/html" }), "x");
const signal = new AbortController().signal;

function scripted(...answers: (RawResponse | Error)[]) {
  const asked: string[] = [];
  const sender: Sender = {
    send: async (request) => {
      asked.push(request.target.reveal());
      const next = answers.shift() ?? new TypeError("one request too many");
      if (next instanceof Error) throw next;
      return next;
    },
    close: async () => {},
  };
  return { sender, asked };
}

test("asks loopback under the vendor's name, for ten seconds at most", () => {
  const request = buildDevinfoRequest(11369, "/opswat/devinfo");
  expect(request).toMatchObject({
    origin: "https://eapi.opswatgears.com:11369",
    address: "127.0.0.1",
    timeLimit: 10_000,
  });
  expect(request.target.reveal()).toBe("/opswat/devinfo?callback=linkuser");
});

test.each([
  ["without padding", success],
  ["with padding", `linkuser(${success})`],
  ["with padding and a semicolon", `linkuser(${success});\n`],
  ["with a comment against content sniffing", `/**/linkuser (${success})`],
  ["with another callback's name", `a.b$c_1(${success})`],
  ["behind a byte order mark", `\ufeff${success}`],
])("reads the device ID %s", (_, body) => {
  expect(read(body)).toEqual({ kind: "found", value: hwid, origin: "x" });
});

test.each([hwid.toUpperCase(), "A1B2C3D4E5F6G7H8", "4c4c4544-0042-3510-8052-b4c04f4e3732"])(
  "takes the device ID %s as it is",
  (id) => {
    expect(read(success.replace(hwid, id))).toEqual({ kind: "found", value: id, origin: "x" });
  },
);

test.each<[string, string, number, string, RegExp]>([
  ["no such API", '{"code":-31,"description":"x"}', 200, "absent", /this API is turned off/],
  ["no such page", "<html>", 404, "absent", /this API is turned off/],
  ["no device ID", '{"code":0,"info":{}}', 200, "absent", /no device ID/],
  ["an empty device ID", '{"code":0,"info":{"hwid":""}}', 200, "absent", /no device ID/],
  ["a placeholder", `{"code":0,"info":{"hwid":"${"0".repeat(32)}"}}`, 200, "absent", /placeholder/],
  ["a time-out", '{"code":-30}', 200, "failed", /timed out/],
  ["a verification that failed", '{"code":-32}', 200, "failed", /could not verify the request/],
  ["no information", '{"code":-41}', 200, "failed", /could not get the information/],
  ["another code", '{"code":-99,"description":"odd\\u001b"}', 200, "failed", /code -99 \(odd\\u\{1b\}\)/],
  ["no code", '{"info":{"hwid":"1dc0aaaa292ce801f5379042d68bb6cb"}}', 200, "failed", /no code/],
  ["a code as text", '{"code":"0","info":{}}', 200, "absent", /no device ID/],
  ["another code as text", '{"code":"-30"}', 200, "failed", /timed out/],
  ["a word as the code", '{"code":"zero"}', 200, "failed", /no code/],
  ["another form", '{"code":0,"info":{"hwid":"abc"}}', 200, "failed", /not in a known form/],
  ["a device ID that is no text", '{"code":0,"info":{"hwid":1}}', 200, "failed", /not in a known form/],
  ["a web page", "<html>", 200, "failed", /not the documented JSON/],
  ["an error", success, 500, "failed", /status 500/],
  ["a redirect", "", 302, "failed", /status 302/],
])("%s", (_, body, status, kind, said) => {
  const reading = read(body, status);
  expect(reading.kind).toBe(kind);
  expect(reading.kind === "failed" ? reading.error.message : reading.kind === "absent" && reading.reason).toMatch(said);
});

test("tries the vendor's newer path where the older one is not there", async () => {
  const { sender, asked } = scripted(answer(404), answer(200, success));
  expect(await readVendorDeviceId(11369, sender, signal)).toMatchObject({ kind: "found", value: hwid });
  expect(asked).toEqual(["/opswat/devinfo?callback=linkuser", "/opswat/3/devinfo?callback=linkuser"]);
});

const own = found({ trusted: true, owner: "root" }, "x");
const others = found({ trusted: false, owner: "the user ID 1001" }, "x");

test("an administrator's service is asked", async () => {
  const { sender } = scripted(answer(200, success));
  expect(await readVendorDeviceId(11369, sender, signal, () => own)).toMatchObject({ kind: "found", value: hwid });
});

test.each([
  ["an ordinary user's program", others, /the user ID 1001 listens there/],
  ["a listener that can't be identified", failed("x", new AgentError("identity-unreadable", "no table")), /no table/],
])("%s is not asked", async (_, owner, said) => {
  const { sender, asked } = scripted(answer(200, success));
  expect(await readVendorDeviceId(11369, sender, signal, () => owner)).toMatchObject({
    kind: "failed",
    error: { code: "identity-unreadable", message: expect.stringMatching(said) },
  });
  expect(asked).toEqual([]);
});

test("an answer is ignored if another program has taken the port meanwhile", async () => {
  const { sender, asked } = scripted(answer(200, success));
  const owner = () => (asked.length === 0 ? own : others);
  expect(await readVendorDeviceId(11369, sender, signal, owner)).toMatchObject({ kind: "failed" });
  expect(asked).toHaveLength(1);
});

test("is absent if neither path is there", async () => {
  const { sender } = scripted(answer(404), answer(200, '{"code":-31}'));
  expect(await readVendorDeviceId(11369, sender, signal)).toMatchObject({ kind: "absent" });
});

test("nothing listening is absent; everything else that goes wrong is failed", async () => {
  const refused = Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
  const nothing = scripted(new AgentError("not-connected", "no", { cause: refused }));
  expect(await readVendorDeviceId(1, nothing.sender, signal)).toMatchObject({
    kind: "absent",
    reason: "no program listens on its port",
  });
  const { sender: silent, asked } = scripted();
  expect(await readVendorDeviceId(1, silent, signal, () => absent("x", "none"))).toMatchObject({ kind: "absent" });
  expect(asked).toEqual([]);
  for (const error of [new AgentError("not-connected", "slow"), new AgentError("tls-untrusted", "impostor")]) {
    const { sender } = scripted(error);
    expect(await readVendorDeviceId(1, sender, signal)).toMatchObject({ kind: "failed", error });
  }
  await expect(readVendorDeviceId(1, scripted(new TypeError("x")).sender, signal)).rejects.toThrow(TypeError);
});

test("any answer gives a reading, and only a well-formed device ID is found", () => {
  const info = fc.record({ code: fc.constantFrom(0, -30, -31, -41, 7), info: fc.record({ hwid: fc.jsonValue() }) });
  const response = fc.oneof(
    anyAnswer,
    fc.tuple(info, fc.boolean()).map(([fields, padded]) => {
      const text = JSON.stringify(fields);
      return answer(200, padded ? `linkuser(${text})` : text);
    }),
  );
  fc.assert(
    fc.property(response, (given) => {
      const reading = readDevinfo(given, "x");
      if (reading.kind === "found") expect(reading.value).toMatch(/^[A-Za-z0-9-]{8,64}$/);
      if (reading.kind === "failed") expect(reading.error).toBeInstanceOf(AgentError);
    }),
  );
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { buildDeviceDetailsRequest, readDeviceDetails } from "../../agent/gears/device-details.ts";
import { Secret } from "../../agent/secret.ts";
import { answer } from "./answers.ts";

const mac = "00:0c:29:f2:7a:29";
const hwid = "1dc0aaaa292ce801f5379042d68bb6cb";
const ids = [hwid, mac];

test("asks once for all identifiers, with the token in the query alone", () => {
  const request = buildDeviceDetailsRequest("https://gears.opswat.com/tenant", ids, new Secret("t&k"));
  expect(request).toMatchObject({ method: "POST", origin: "https://gears.opswat.com" });
  expect(request.target.reveal()).toBe("/tenant/o/api/v3.8/devices/detail?access_token=t%26k");
  expect(JSON.parse(request.body?.reveal() ?? "")).toEqual({ opt: 0, ids, verbose: { system_info: 1 } });
  const many = Array.from({ length: 60 }, (_, at) => `id-${at}`);
  const { body } = buildDeviceDetailsRequest("https://gears.opswat.com", many, new Secret("t"));
  expect(JSON.parse(body?.reveal() ?? "").ids).toHaveLength(50);
});

test.each([
  [[{ device_id: hwid, system_info: { network: [{ mac: "00-0C-29-F2-7A-29" }] } }], ids],
  [{ devices: [{ device_id: hwid.toUpperCase() }] }, [hwid]],
  [{ hwid: "0123456789abcdef", mac_addresses: [mac] }, [mac]],
  [{ [hwid]: { device_id: hwid } }, [hwid]],
])("an identifier in a device's record is known: %j", (body, known) => {
  expect(readDeviceDetails(answer(200, body), ids)).toEqual({ kind: "known", ids: known });
});

test.each([
  [200, []],
  [200, { devices: [] }],
  [200, { result: 0, msg: "Device not found" }],
  [404, { msg: "Device not found." }],
])("none is known: %i %j", (status, body) => {
  expect(readDeviceDetails(answer(status, body), ids)).toEqual({ kind: "none" });
});

test.each([
  [200, { not_found: ids }],
  [200, { ids, error: "no such API" }],
  [200, [{ device_id: "another" }]],
  [200, "<html></html>"],
  [200, ""],
  [200, {}],
  [401, { msg: "The access token is invalid" }],
  [404, { error: "Not Found", path: "/o/api/v3.8/devices/detail" }],
  [429, { msg: "Rate limit exceeded" }],
  [503, ""],
])("anything else says nothing: %i %j", (status, body) => {
  expect(readDeviceDetails(answer(status, body), ids)).toMatchObject({ kind: "unclear" });
});

test("no JSON makes an identifier known that it does not contain", () => {
  fc.assert(
    fc.property(fc.json(), (body) => {
      const read = readDeviceDetails(answer(200, body), ids);
      expect(read.kind === "known" ? read.ids.filter((id) => !body.toLowerCase().includes(id)) : []).toEqual([]);
    }),
  );
});

test("says that an answer is too long to be read", () => {
  const names = Object.fromEntries(Array.from({ length: 1001 }, (_, at) => [`name${at}`, at]));
  const read = readDeviceDetails(answer(200, [{ device_id: ids[0], ...names }]), ids);
  expect(read).toMatchObject({ kind: "unclear", why: expect.stringContaining("more strings than") });
});

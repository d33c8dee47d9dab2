import { expect, test } from "vitest";
import { duration } from "../../agent/duration.ts";
import type { Kind } from "../../agent/settings/kinds.ts";
import { proxy, rateLimit, tenantUrl } from "../../agent/settings/kinds.ts";
import { settingNames, settingsTable } from "../../agent/settings/table.ts";

test.each<[Pick<Kind<unknown>, "parse">, unknown, unknown]>([
  [tenantUrl, "https://gears-beta.opswat.com/", "https://gears-beta.opswat.com"],
  [tenantUrl, "HTTPS://Gateway.Example.com:8443/gears/", "https://gateway.example.com:8443/gears"],
  [tenantUrl, "http://127.0.0.1:8080", "http://127.0.0.1:8080"],
  [tenantUrl, "http://[::1]:8080", "http://[::1]:8080"],
  [proxy, "http://proxy.example.com:3128", "http://proxy.example.com:3128/"],
  [rateLimit, "10/6s", { calls: 10, period: 6000 }],
  [settingsTable.allowMultiSession.kind, 1, true],
  [settingsTable.identify.kind, "mac, hwid", ["mac", "hwid"]],
  [settingsTable.groupPrefer.kind, "", []],
  [settingsTable.groupPrefer.kind, '["Sales, EMEA", "Berlin"]', ["Sales, EMEA", "Berlin"]],
  [settingsTable.groupPrefer.kind, "[x], y", ["[x]", "y"]],
  [settingsTable.splay.kind, "0s", 0],
  [settingsTable.opswatRegistry.kind, "HKLM\\A\\B", "HKLM\\A\\B"],
])("%o reads %j", (kind, raw, value) => {
  expect(kind.parse(raw)).toEqual({ ok: true, value });
});

test.each<[Pick<Kind<unknown>, "parse">, unknown]>([
  [tenantUrl, "http://gears.opswat.com"],
  [tenantUrl, "http://127.0.0.1.example.com"],
  [tenantUrl, "https://user:password@gears.opswat.com"],
  [tenantUrl, "https://gears.opswat.com/?"],
  [tenantUrl, "https://gears.opswat.com/#x"],
  [tenantUrl, "gears.opswat.com"],
  [tenantUrl, "file:///etc/passwd"],
  [proxy, "http://user:password@proxy.example.com"],
  [proxy, "socks4://proxy.example.com"],
  [proxy, "socks5://user:password@proxy.example.com"],
  [proxy, "socks5://"],
  [rateLimit, "10"],
  [rateLimit, "0/1m"],
  [rateLimit, "10/0s"],
  [settingsTable.identify.kind, ""],
  [settingsTable.identify.kind, "mac,mac"],
  [settingsTable.identify.kind, ["mac", 7]],
  [settingsTable.opswatPort.kind, 65_536],
  [settingsTable.opswatPort.kind, "1e3"],
  [settingsTable.deadline.kind, 3600],
  [settingsTable.caFile.kind, "ca.pem"],
  [settingsTable.clientId.kind, "a\nb"],
  [settingsTable.opswatRegistry.kind, "HKLM\\SOFTWARE\\\\OPSWAT\\DeviceID"],
  [settingsTable.opswatRegistry.kind, "HKLM\\DeviceID"],
])("%o refuses %j", (kind, raw) => {
  expect(kind.parse(raw)).toEqual({ ok: false, allowed: expect.any(String) });
});

test.each(settingNames.filter((name) => settingsTable[name].kind.placeholder === "DURATION"))(
  "%s refuses a duration with examples that it takes, and with its bounds",
  (name) => {
    const { kind } = settingsTable[name];
    const refused = kind.parse("soon");
    const { allowed } = refused as Extract<typeof refused, { ok: false }>;
    const durations = allowed.match(/\d+(?:ms|[smhd])\b/g) ?? [];
    expect(durations.length).toBeGreaterThan(3);
    for (const one of durations) expect(kind.parse(one), one).toMatchObject({ ok: true });
    const [min = "", max = ""] = durations;
    for (const beyond of [duration(min) - 1, duration(max) + 1].filter((ms) => ms >= 0)) {
      expect(kind.parse(`${beyond}ms`)).toEqual({ ok: false, allowed });
    }
  },
);

test.each([
  ["+,ansible", [...settingsTable.excludeUsers.fallback, "ansible"]],
  [
    ["CORP\\svc-*", "+", "root"],
    ["CORP\\svc-*", ...settingsTable.excludeUsers.fallback],
  ],
  ["ansible", ["ansible"]],
  ["", []],
])("excludeUsers %j", (raw, value) => {
  const { kind } = settingsTable.excludeUsers;
  expect(kind.parse(raw)).toEqual({ ok: true, value });
  expect(kind.parse(kind.format(value))).toEqual({ ok: true, value });
});

test.each([
  ["https://gears.opswat.com/o/api", "https://gears.opswat.com"],
  ["https://gears.opswat.com/o/api/v3/", "https://gears.opswat.com"],
  ["https://gateway.example.com/gears/o/oauth/token", "https://gateway.example.com/gears"],
])("the address %s, with the API's own path, is refused with the right one", (raw, right) => {
  expect(tenantUrl.parse(raw)).toEqual({ ok: false, allowed: `the address without the API's own path: ${right}` });
});

test("a kind's error message matches its description", () => {
  for (const name of settingNames) {
    const { kind } = settingsTable[name];
    expect(kind.parse(undefined)).toEqual({ ok: false, allowed: kind.allowed });
  }
});

import { expect, test } from "vitest";
import { describeLink } from "../../agent/render/link-text.ts";

test("a linked dock is named, in words and in JSON", () => {
  const device = { value: "00:e0:4c:68:00:01", opt: 0, source: "mac", detail: "eth2", detachable: true } as const;
  const requests = { token: 1, linkUser: 1 };
  const result = { outcome: "linked", device, username: "alice", group: undefined, message: "OK", requests } as const;
  const { document, text } = describeLink({ ...result, elapsedMs: 5, error: undefined });
  expect(text).toBe("linked: 00:e0:4c:68:00:01 (mac, eth2, USB adapter or dock) to alice");
  expect(document).toMatchObject({ device: { detail: "eth2", detachable: true } });
});

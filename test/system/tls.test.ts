import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startGears } from "../fakes/gears.ts";
import { setUpEndpoint } from "./agent.ts";
import { createTestCa, type TestCa } from "./certificates.ts";

/** Over TLS the secret goes to the tenant that proves its name to a trusted CA, and to nobody else. */

let ca: TestCa;
let otherCa: TestCa;

beforeAll(() => {
  ca = createTestCa();
  otherCa = createTestCa();
});
afterAll(() => {
  ca[Symbol.dispose]();
  otherCa[Symbol.dispose]();
});

async function linkOver(names: string, { trusted, days = 1 }: { trusted: TestCa; days?: number }) {
  await using gears = await startGears({ tls: ca.issue(names, days) });
  using endpoint = setUpEndpoint(gears, { caFile: trusted.file, deadline: "1s" });
  const { exitCode, document } = await endpoint.link();
  return { exitCode, document, calls: gears.calls.length };
}

const names = "DNS:localhost,IP:127.0.0.1";

describe("TLS", () => {
  it("0 linked: a certificate from a CA that caFile names", async () => {
    const { exitCode, document, calls } = await linkOver(names, { trusted: ca });
    expect([exitCode, document.outcome, calls]).toEqual([0, "linked", 2]);
  });

  it.each([
    ["an issuer that is not trusted", () => linkOver(names, { trusted: otherCa })],
    ["a certificate for another name", () => linkOver("DNS:portal.example.com", { trusted: ca })],
    ["a certificate that has expired", () => linkOver(names, { trusted: ca, days: -1 })],
  ])("76 protocol: %s, and no request is sent", async (_, link) => {
    const { exitCode, document, calls } = await link();
    expect(document).toMatchObject({ outcome: "protocol", error: { code: "tls-untrusted" } });
    expect([exitCode, calls]).toEqual([76, 0]);
  });
});

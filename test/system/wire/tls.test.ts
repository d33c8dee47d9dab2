import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startGears } from "../../fakes/gears.ts";
import { oneAttempt, setUpEndpoint } from "../support/agent.ts";
import { createTestCa, type TestCa } from "../support/certificates.ts";

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

interface Trust {
  /** Named by `caFile`. */
  readonly trusted: TestCa;
  /** In the system's store. */
  readonly system?: TestCa;
  readonly days?: number;
}

async function linkOver(names: string, { trusted, system, days = 1 }: Trust) {
  await using gears = await startGears({ tls: ca.issue(names, days) });
  using endpoint = setUpEndpoint(gears, { caFile: trusted.file, ...oneAttempt });
  const store = system && { SSL_CERT_FILE: system.file };
  const { exitCode, document } = await endpoint.link([], { environment: { ...endpoint.environment, ...store } });
  return { exitCode, document, calls: gears.calls.length };
}

const names = "DNS:localhost,IP:127.0.0.1";

describe("TLS", () => {
  test("0 linked: a certificate from a CA that caFile names", async () => {
    const { exitCode, document, calls } = await linkOver(names, { trusted: ca });
    expect([exitCode, document.outcome, calls]).toEqual([0, "linked", 2]);
  });

  test("0 linked: a certificate from a CA of the system's store, where caFile names another", async () => {
    const { exitCode, document, calls } = await linkOver(names, { trusted: otherCa, system: ca });
    expect([exitCode, document.outcome, calls]).toEqual([0, "linked", 2]);
  });

  test.each([
    ["an issuer that is not trusted", () => linkOver(names, { trusted: otherCa })],
    ["a certificate for another name", () => linkOver("DNS:portal.example.com", { trusted: ca })],
    ["a certificate that has expired", () => linkOver(names, { trusted: ca, days: -1 })],
  ])("76 protocol: %s, and no request is sent", async (_, link) => {
    const { exitCode, document, calls } = await link();
    expect(document).toMatchObject({ outcome: "protocol", error: { code: "tls-untrusted" } });
    expect([exitCode, calls]).toEqual([76, 0]);
  });
});

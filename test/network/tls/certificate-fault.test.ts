import { describe, expect, test } from "vitest";
import { madeAfter } from "../../../agent/clock.ts";
import { certificateFault, type ShownCertificate } from "../../../agent/network/tls/certificate-fault.ts";

const now = Date.UTC(2026, 10, 25, 17, 4);
const shown: ShownCertificate = {
  issuer: "Corp CA",
  names: "portal.example.com",
  validFrom: Date.UTC(2026, 0, 1),
  validTo: Date.UTC(2027, 0, 1),
  alone: true,
  hasPublishedIssuer: false,
};
const fault = (code: string, change: Partial<ShownCertificate> = {}, at = now) =>
  certificateFault(code, "gears.opswat.com", { ...shown, ...change }, at);

describe("an issuer that is not known", () => {
  test("whose certificate is published: the server leaves it out", () => {
    expect(fault("UNABLE_TO_VERIFY_LEAF_SIGNATURE", { hasPublishedIssuer: true })).toMatch(
      /^gears\.opswat\.com sends its certificate alone and leaves out that of its issuer, Corp CA\. .* caFile \(UNABLE/,
    );
  });

  test("that comes alone may be either", () => {
    expect(fault("UNABLE_TO_VERIFY_LEAF_SIGNATURE")).toMatch(
      /from Corp CA, .*inspects TLS.*leaves out an intermediate/,
    );
  });

  test("at the end of a chain is a CA that is missing here", () => {
    const said = fault("UNABLE_TO_GET_ISSUER_CERT_LOCALLY", { alone: false });
    expect(said).toMatch(/from Corp CA, whose chain ends at a CA that is not trusted here\. .*inspects TLS/);
    expect(said).not.toContain("leaves out");
  });
});

describe("the time", () => {
  test.each(["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID"])(
    "%s before this program was made is the clock's fault",
    (code) => {
      expect(fault(code, {}, Date.UTC(2015, 0, 1))).toMatch(/not valid at 2015-01-01 00:00 UTC, .*The clock is wrong/);
      expect(fault(code, {}, madeAfter)).not.toContain("The clock is wrong");
    },
  );

  test("shows both, for a person to compare", () => {
    expect(fault("CERT_HAS_EXPIRED", {}, Date.UTC(2031, 4, 1))).toMatch(
      /valid from 2026-01-01 00:00 UTC to 2027-01-01 00:00 UTC; this machine's clock says 2031-05-01 00:00 UTC/,
    );
  });
});

test("a certificate for another name shows which", () => {
  expect(fault("ERR_TLS_CERT_ALTNAME_INVALID")).toMatch(/another name \(portal\.example\.com\)/);
});

test.each([
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "CERT_REVOKED",
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "ERR_TLS_CERT_ALTNAME_INVALID",
])("%s is explained without the certificate, too", (code) => {
  expect(certificateFault(code, "host", undefined, now)).toMatch(new RegExp(`^host s.* \\(${code}\\)\\.$`));
});

test("other codes are about something else", () => {
  expect(fault("ECONNRESET")).toBeUndefined();
});

import { describe, expect, test } from "vitest";
import { madeAfter } from "../../../agent/clock.ts";
import type { ShownCertificate } from "../../../agent/network/tls/certificate-chain.ts";
import { handshakeFault } from "../../../agent/network/tls/handshake-fault.ts";

const now = Date.UTC(2026, 10, 25, 17, 4);
const valid = { validFrom: Date.UTC(2026, 0, 1), validTo: Date.UTC(2027, 0, 1) };
const leaf = { name: "gears.test", ...valid, isCa: false };
const ca = { name: "Corp CA", ...valid, isCa: true };
const shown: ShownCertificate = {
  issuer: "Corp CA",
  names: "portal.example.com",
  chain: [leaf],
  hasPublishedIssuer: false,
};
const failed = (code: string, fields: object = {}) => Object.assign(new Error("some reason"), { code }, fields);
const fault = (code: string, change: Partial<ShownCertificate> = {}, at = now) =>
  handshakeFault(failed(code), "gears.opswat.com", { ...shown, ...change }, at);

describe("an issuer that is not known", () => {
  test("with a published certificate, the server leaves it out", () => {
    expect(fault("UNABLE_TO_VERIFY_LEAF_SIGNATURE", { hasPublishedIssuer: true })).toMatch(
      /^gears\.opswat\.com sends only its own certificate and leaves out that of its issuer, Corp CA\. .* caFile \(UNABLE/,
    );
  });

  test("a certificate that comes alone may be either", () => {
    expect(fault("UNABLE_TO_VERIFY_LEAF_SIGNATURE")).toMatch(/from Corp CA, .*inspects TLS.*left out an intermediate/);
  });

  test("at the end of a chain is a CA that is missing here", () => {
    const said = fault("UNABLE_TO_GET_ISSUER_CERT_LOCALLY", { chain: [leaf, ca] });
    expect(said).toMatch(/from Corp CA, whose chain ends at a CA that is not trusted here\. .*inspects TLS/);
    expect(said).not.toContain("leaves out");
  });
});

describe("the time", () => {
  test.each(["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID"])(
    "%s before this program was built is due to the clock",
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

  test("names the CA whose certificate has expired, not the server's valid one", () => {
    const old = {
      name: "Old Intermediate",
      validFrom: Date.UTC(2020, 0, 1),
      validTo: Date.UTC(2021, 0, 1),
      isCa: true,
    };
    const said = fault("CERT_HAS_EXPIRED", { chain: [leaf, old, ca] });
    expect(said).toMatch(/the CA Old Intermediate is valid from 2020-01-01 00:00 UTC to 2021-01-01 00:00 UTC/);
    expect(said).toMatch(/have the server send the current one/);
    expect(said).not.toContain("2027");
  });
});

test("a certificate for another name shows which", () => {
  expect(fault("ERR_TLS_CERT_ALTNAME_INVALID")).toMatch(/another name \(portal\.example\.com\)/);
});

test.each([
  ["INVALID_PURPOSE", /\(gears\.test, issued by Corp CA\).*not issued for a TLS server/],
  ["INVALID_CA", /not issued for a TLS server/],
])("%s says which certificate and what is wrong with it", (code, said) => {
  expect(fault(code)).toMatch(said);
  expect(fault(code, { chain: [leaf, { ...ca, isCa: false }] })).toMatch(/issuer Corp CA is not a CA certificate/);
});

test.each([
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "CERT_REVOKED",
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "UNSPECIFIED",
])("%s is explained without the certificate, too", (code) => {
  expect(handshakeFault(failed(code), "host", undefined, now)).toMatch(new RegExp(`^host .* \\(${code}\\)\\.$`));
});

test("a code that no list has is reported with OpenSSL's reason", () => {
  expect(fault("UNSPECIFIED")).toMatch(/\(gears\.test, issued by Corp CA\) that is not accepted: some reason\. /);
  const error = failed("ERR_SSL_NEW_IN_2030", { reason: "new in 2030\u001b" });
  expect(handshakeFault(error, "host", undefined, now)).toMatch(/over TLS: new in 2030\\u\{1b\}\. .* \(ERR_SSL_NEW/);
});

describe("a handshake that fails without a certificate's fault", () => {
  test("blames this device's certificate only after the server has shown its own", () => {
    const code = "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE";
    expect(fault(code)).toMatch(/refuses this device.*clientCertFile/);
    const before = handshakeFault(failed(code), "host", undefined, now);
    expect(before).toMatch(/no cipher, curve or kind of key in common/);
    expect(before).not.toContain("clientCertFile");
  });

  test.each([
    ["ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION", /no version of TLS that is safe today/],
    ["ERR_SSL_UNSUPPORTED_PROTOCOL", /no version of TLS that is safe today/],
    ["ERR_SSL_WRONG_VERSION_NUMBER", /does not speak TLS at this port/],
    ["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", /clientCertFile/],
    ["ERR_SSL_TLSV1_ALERT_UNKNOWN_CA", /clientCertFile/],
    ["ERR_SSL_TLSV1_UNRECOGNIZED_NAME", /does not serve this name/],
  ])("%s", (code, said) => {
    expect(handshakeFault(failed(code), "host", undefined, now)).toMatch(said);
  });
});

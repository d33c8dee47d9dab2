import fc from "fast-check";
import { expect, test } from "vitest";
import type { LogOnPeer, SystemLogOn } from "../../../agent/network/log-on/system-log-on.ts";
import { beginLogOn, carriesNtlm } from "../../../agent/network/log-on/without-ntlm.ts";

const der = (tag: number, ...parts: readonly Buffer[]): Buffer => {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head = length < 128 ? [tag, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), content]);
};
const oid = (hex: string): Buffer => der(6, Buffer.from(hex, "hex"));
const mechanisms = {
  Kerberos: oid("2a864886f712010202"),
  "Kerberos of Microsoft": oid("2a864882f712010202"),
  NTLM: oid("2b06010401823702020a"),
  NegoEx: oid("2b06010401823702021e"),
} as const;
type Mechanism = keyof typeof mechanisms;

/** NegTokenInit (RFC 4178 4.2.1) as the first token of GSSAPI. */
function firstToken(names: readonly Mechanism[], mechanismToken: Buffer): Buffer {
  const types = der(0xa0, der(0x30, ...names.map((name) => mechanisms[name])));
  const token = mechanismToken.length === 0 ? [] : [der(0xa2, der(4, mechanismToken))];
  return der(0x60, oid("2b0601050502"), der(0xa0, der(0x30, types, ...token)));
}

/** NegTokenResp (RFC 4178 4.2.2). */
const laterToken = (mechanismToken: Buffer): Buffer => der(0xa1, der(0x30, der(0xa2, der(4, mechanismToken))));

const ntlm = (type: number, rest: Buffer): Buffer =>
  Buffer.concat([Buffer.from("NTLMSSP\0"), Buffer.from([type, 0, 0, 0]), rest]);
const bytes = fc.uint8Array({ maxLength: 300 }).map((all) => Buffer.from(all));
const message = fc.tuple(fc.constantFrom(1, 3), bytes).map(([type, rest]) => ntlm(type, rest));
const names = fc.shuffledSubarray(Object.keys(mechanisms) as Mechanism[]);

test("an NTLM message is recognised alone and inside SPNEGO, beside any other offer", () => {
  fc.assert(
    fc.property(message, names, (one, offered) => {
      expect(carriesNtlm(one)).toBe(true);
      expect(carriesNtlm(firstToken(offered, one))).toBe(true);
      expect(carriesNtlm(laterToken(one))).toBe(true);
    }),
  );
});

test("so is SPNEGO that offers NTLM without Kerberos, and nothing else", () => {
  fc.assert(
    fc.property(names, bytes, (offered, token) => {
      const hasKerberos = offered.some((name) => name.startsWith("Kerberos"));
      expect(carriesNtlm(firstToken(offered, token))).toBe(offered.includes("NTLM") && !hasKerberos);
    }),
  );
});

test("Windows' usual token, which offers NTLM after Kerberos, is not NTLM", () => {
  const offered: readonly Mechanism[] = ["Kerberos of Microsoft", "Kerberos", "NegoEx", "NTLM"];
  const ticket = der(0x60, mechanisms.Kerberos, Buffer.from([1, 0]), Buffer.alloc(200, 7));
  expect(carriesNtlm(firstToken(offered, ticket))).toBe(false);
  expect(carriesNtlm(laterToken(ticket))).toBe(false);
});

const peer: LogOnPeer = { scheme: "Negotiate", host: "proxy.corp.test", channelBinding: undefined };

/** A system that answers with these tokens. */
const systemOf = (tokens: readonly Buffer[]): SystemLogOn => ({
  schemes: ["Negotiate", "NTLM"],
  start: async () => {
    const left = [...tokens];
    return {
      account: "CORP\\LAPTOP1$",
      step: async () => ({ token: left.shift(), complete: false }),
      close: async () => {},
    };
  },
});

test("if Windows has no ticket, its NTLM inside Negotiate is not sent", async () => {
  const logOn = beginLogOn(systemOf([firstToken(["NTLM"], ntlm(1, Buffer.alloc(0)))]), peer);
  await expect(logOn.step(undefined)).rejects.toMatchObject({
    code: "credentials-refused",
    message: expect.stringMatching(
      /no Kerberos ticket for HTTP\/proxy\.corp\.test and offers NTLM instead, which is not sent/,
    ),
  });
});

test("a proxy that answers a ticket with an NTLM challenge gets no NTLM", async () => {
  const ticket = firstToken(["Kerberos", "NTLM"], Buffer.from("ticket"));
  const logOn = beginLogOn(systemOf([ticket, laterToken(ntlm(3, Buffer.alloc(0)))]), peer);
  expect(await logOn.step(undefined)).toMatchObject({ token: ticket });
  await expect(logOn.step(laterToken(ntlm(2, Buffer.alloc(0))))).rejects.toThrow(
    "proxy.corp.test asks for NTLM inside Negotiate",
  );
});

test("NTLM is sent if it was asked for explicitly", async () => {
  const message = ntlm(1, Buffer.alloc(0));
  const logOn = beginLogOn(systemOf([message]), { ...peer, scheme: "NTLM" });
  expect(await logOn.step(undefined)).toMatchObject({ token: message });
});

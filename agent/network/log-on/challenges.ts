import { Secret } from "../../secret.ts";

/** Requests of one log-on: Kerberos takes one, NTLM two, SPNEGO up to three. */
export const maxLegs = 5;

/** Schemes that have a name here, as messages spell them. */
const knownSchemes = ["Negotiate", "Kerberos", "NTLM", "Digest", "Basic"] as const;
export type AuthenticationScheme = (typeof knownSchemes)[number];

/** One challenge of `Proxy-Authenticate` or `WWW-Authenticate`. */
export interface Challenge {
  readonly scheme: AuthenticationScheme;
  /** The peer's token, for schemes that have one. */
  readonly token: Buffer | undefined;
}

/** Bytes of a token: Kerberos tickets with many groups have up to 64 KiB, and header lines less. */
const maxToken = 64 * 1024;

/** The value of `Authorization` or `Proxy-Authorization`. */
export const authorizationOf = (scheme: AuthenticationScheme, token: Buffer): Secret =>
  new Secret(`${scheme} ${token.toString("base64")}`);

/**
 * Reads challenges (RFC 9110 11.3): those of known schemes, in the order in which they are offered. Malformed
 * challenges are ignored.
 * @param values of all header lines of the name
 */
export function parseChallenges(values: readonly string[]): readonly Challenge[] {
  // A quote that no other ends goes to the end of its line: to look for its end from each place would take long.
  const bare = values.map((value) => value.replace(/"(?:[^"\\]|\\.)*"?/gs, '""')).join(", ");
  return bare.split(",").flatMap((part) => {
    const [, name = "", parameter = ""] = /^([!#$%&'*+.^`|~\w-]+)(?:\s+(.*))?$/.exec(part.trim()) ?? [];
    const scheme = knownSchemes.find((one) => one.toLowerCase() === name.toLowerCase());
    return scheme === undefined ? [] : [{ scheme, token: readToken(parameter) }];
  });
}

/** Undefined for parameters (`realm="x"`), whose form no token has. */
function readToken(text: string): Buffer | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text) || text.length % 4 !== 0 || text.length > (maxToken * 4) / 3)
    return undefined;
  return Buffer.from(text, "base64");
}

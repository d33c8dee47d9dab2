/** Begins each message of NTLM ([MS-NLMP] 2.2.1). */
const signature = Buffer.from("NTLMSSP\0", "latin1");

/** Mechanisms of SPNEGO as they are encoded in DER ([MS-SPNG] 1.9, RFC 4121 1). */
const ntlmMechanism = Buffer.from("060a2b06010401823702020a", "hex");
const kerberosMechanisms = ["06092a864886f712010202", "06092a864882f712010202"].map((one) => Buffer.from(one, "hex"));

/**
 * Whether a token logs on by NTLM: by itself, inside SPNEGO, or because SPNEGO offers no Kerberos beside it. A token of
 * Kerberos may name NTLM as what else the system speaks.
 */
export function carriesNtlm(token: Buffer): boolean {
  if (token.includes(signature)) return true;
  return token.includes(ntlmMechanism) && !kerberosMechanisms.some((one) => token.includes(one));
}

import { constants, type Layout, layout, prototypes, readField, structure } from "../../native-layout.ts";

/** GSSAPI (RFC 2744) with SPNEGO (RFC 4178) over Kerberos, as a client speaks it. Every call may wait for a KDC. */

/** Functions of RFC 2744 that MIT's and Heimdal's libraries have alike. */
const signatures = prototypes("GSSAPI", {
  // OM_uint32 gss_import_name(OM_uint32 *, gss_buffer_t, gss_OID, gss_name_t *);
  gss_import_name: { arguments: ["buffer", "buffer", "buffer", "buffer"], return: "uint32" },
  // OM_uint32 gss_release_name(OM_uint32 *, gss_name_t *);
  gss_release_name: { arguments: ["buffer", "buffer"], return: "uint32" },
  // OM_uint32 gss_display_name(OM_uint32 *, gss_name_t, gss_buffer_t, gss_OID *);
  gss_display_name: { arguments: ["buffer", "pointer", "buffer", "pointer"], return: "uint32" },
  // OM_uint32 gss_inquire_cred(OM_uint32 *, gss_cred_id_t, gss_name_t *, OM_uint32 *, gss_cred_usage_t *, gss_OID_set *);
  gss_inquire_cred: {
    arguments: ["buffer", "pointer", "buffer", "pointer", "pointer", "pointer"],
    return: "uint32",
  },
  // OM_uint32 gss_release_cred(OM_uint32 *, gss_cred_id_t *);
  gss_release_cred: { arguments: ["buffer", "buffer"], return: "uint32" },
  // OM_uint32 gss_init_sec_context(OM_uint32 *, gss_cred_id_t, gss_ctx_id_t *, gss_name_t, gss_OID, OM_uint32, OM_uint32,
  //   gss_channel_bindings_t, gss_buffer_t, gss_OID *, gss_buffer_t, OM_uint32 *, OM_uint32 *);
  gss_init_sec_context: {
    arguments: [
      ...(["buffer", "pointer", "buffer", "pointer", "buffer", "uint32", "uint32"] as const),
      ...(["pointer", "pointer", "pointer", "buffer", "buffer", "pointer"] as const),
    ],
    return: "uint32",
  },
  // OM_uint32 gss_delete_sec_context(OM_uint32 *, gss_ctx_id_t *, gss_buffer_t);
  gss_delete_sec_context: { arguments: ["buffer", "buffer", "pointer"], return: "uint32" },
  // OM_uint32 gss_release_buffer(OM_uint32 *, gss_buffer_t);
  gss_release_buffer: { arguments: ["buffer", "buffer"], return: "uint32" },
  // OM_uint32 gss_display_status(OM_uint32 *, OM_uint32, int, gss_OID, OM_uint32 *, gss_buffer_t);
  gss_display_status: {
    arguments: ["buffer", "uint32", "int32", "pointer", "buffer", "buffer"],
    return: "uint32",
  },
});

/** MIT's, from 1.11 on, take the file that has the keys. */
const ofMit = prototypes("libgssapi_krb5.so.2", {
  // OM_uint32 gss_acquire_cred_from(OM_uint32 *, gss_name_t, OM_uint32, gss_OID_set, gss_cred_usage_t,
  //   gss_const_key_value_set_t, gss_cred_id_t *, gss_OID_set *, OM_uint32 *);
  gss_acquire_cred_from: {
    arguments: [
      ...(["buffer", "pointer", "uint32", "buffer", "int32"] as const),
      ...(["pointer", "buffer", "pointer", "pointer"] as const),
    ],
    return: "uint32",
  },
  // OM_uint32 gss_set_neg_mechs(OM_uint32 *, gss_cred_id_t, const gss_OID_set);
  gss_set_neg_mechs: { arguments: ["buffer", "pointer", "buffer"], return: "uint32" },
});

/** Heimdal's, and so Apple's, finds the keys of an account that has no tickets in the machine's keytab by itself. */
const ofHeimdal = prototypes("GSS", {
  // OM_uint32 gss_acquire_cred(OM_uint32 *, gss_name_t, OM_uint32, gss_OID_set, gss_cred_usage_t, gss_cred_id_t *,
  //   gss_OID_set *, OM_uint32 *);
  gss_acquire_cred: {
    arguments: [
      ...(["buffer", "pointer", "uint32", "buffer", "int32"] as const),
      ...(["buffer", "pointer", "pointer"] as const),
    ],
    return: "uint32",
  },
});

const buffer = layout("gssapi/gssapi.h", "gss_buffer_desc", 16, { length: [0, "u64"], value: [8, "pointer"] });
const oid = layout("gssapi/gssapi.h", "gss_OID_desc", 16, { length: [0, "u32"], elements: [8, "pointer"] });
const oidSet = layout("gssapi/gssapi.h", "gss_OID_set_desc", 16, { count: [0, "u64"], elements: [8, "pointer"] });
const bindings = layout("gssapi/gssapi.h", "struct gss_channel_bindings_struct", 64, { application_data: [48, 16] });
const keyValue = layout("gssapi/gssapi_ext.h", "gss_key_value_element_desc", 16, {
  key: [0, "pointer"],
  value: [8, "pointer"],
});
const keyValues = layout("gssapi/gssapi_ext.h", "gss_key_value_set_desc", 16, {
  count: [0, "u32"],
  elements: [8, "pointer"],
});
const code = constants("gssapi/gssapi.h", {
  GSS_C_INITIATE: 1,
  GSS_C_INDEFINITE: 0xffff_ffff,
  GSS_C_MUTUAL_FLAG: 2,
  GSS_S_CONTINUE_NEEDED: 1,
  GSS_C_GSS_CODE: 1,
  GSS_C_MECH_CODE: 2,
});
const { GSS_C_INITIATE, GSS_C_INDEFINITE, GSS_C_MUTUAL_FLAG, GSS_S_CONTINUE_NEEDED } = code;
const { GSS_C_GSS_CODE, GSS_C_MECH_CODE } = code;

type At<Kind> = readonly [offset: number, kind: Kind];

/** A system's GSSAPI library, as data for a thread. */
export interface GssLibrary {
  /** As dlopen takes it. */
  readonly path: string;
  readonly maker: "MIT" | "Heimdal";
  readonly layouts: {
    readonly oid: Layout<{ readonly length: At<"u32">; readonly elements: At<"pointer"> }>;
    readonly bindings: Layout<{ readonly application_data: At<16> }>;
  };
}

/** The layout of most compilers. */
export const usualLayouts: GssLibrary["layouts"] = { oid, bindings };

/** Object identifiers in DER, without tag and length. */
const spnego = [0x2b, 6, 1, 5, 5, 2];
const kerberos = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 2];
const principalName = [...kerberos, 1];
const hostbasedService = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 1, 4];

/** Which account logs on. */
export interface KeytabAccount {
  /** `HOST$@REALM`, as krb5_parse_name(3) reads it. */
  readonly principal: string;
  /** The file that has its keys. */
  readonly keytab: string;
}

/** A request to the thread that makes the calls. */
export type GssQuestion =
  | {
      readonly call: "start";
      /** Without port. */
      readonly host: string;
      readonly channelBinding: Uint8Array | undefined;
      /** Undefined for the account whose tickets the system's default cache has. */
      readonly account: KeytabAccount | undefined;
    }
  | { readonly call: "step"; readonly id: number; readonly token: Uint8Array | undefined }
  | { readonly call: "close"; readonly id: number };

/** A call that failed, as the library explains it. */
export interface GssFailure {
  readonly kind: "failed";
  /** The mechanism's own code, signed as its headers have it. */
  readonly minor: number;
  readonly text: string;
}

export type GssAnswer =
  | { readonly kind: "started"; readonly id: number; readonly account: string | undefined }
  | { readonly kind: "stepped"; readonly token: Uint8Array | undefined; readonly complete: boolean }
  | { readonly kind: "closed" }
  | GssFailure;

type Functions<T extends Parameters<typeof import("node:ffi").dlopen>[1] & {}> = ReturnType<
  typeof import("node:ffi").dlopen<T>
>["functions"];

type Start = Extract<GssQuestion, { call: "start" }>;

interface Context {
  readonly credential: bigint;
  readonly target: bigint;
  /** The library's handle; 0 before the first step. */
  readonly handle: Buffer;
  readonly channelBinding: Uint8Array | undefined;
}

/**
 * Opens a library.
 * @throws Error where it is missing, or an older one
 */
export function openGssapi(ffi: typeof import("node:ffi"), library: GssLibrary): (question: GssQuestion) => GssAnswer {
  const { path, maker, layouts } = library;
  const native = ffi.dlopen(path, signatures).functions;
  const acquire =
    maker === "MIT" ? byMit(ffi.dlopen(path, ofMit).functions) : byHeimdal(ffi.dlopen(path, ofHeimdal).functions);
  const contexts = new Map<number, Context>();
  let lastId = 0;
  const minor = Buffer.alloc(4);
  /** Memory that structures point to must live as long as the call that reads it. */
  let pointedTo: Buffer[] = [];

  const addressOf = (bytes: Buffer): bigint => {
    pointedTo.push(bytes);
    return ffi.getRawPointer(bytes);
  };
  const bufferOf = (bytes: Uint8Array): Buffer => {
    const copy = Buffer.from(bytes);
    return structure(buffer, { length: BigInt(copy.length), value: copy.length === 0 ? 0n : addressOf(copy) });
  };
  const textOf = (text: string): Buffer => Buffer.from(`${text}\0`);
  const oidOf = (elements: readonly number[]): Buffer =>
    structure(layouts.oid, { length: elements.length, elements: addressOf(Buffer.from(elements)) });
  const setOf = (...all: readonly (readonly number[])[]): Buffer =>
    structure(oidSet, { count: BigInt(all.length), elements: addressOf(Buffer.concat(all.map(oidOf))) });

  function take(filled: Buffer): Buffer {
    const [length, value] = [readField(buffer, "length", filled), readField(buffer, "value", filled)];
    try {
      return length === 0n ? Buffer.alloc(0) : Buffer.from(ffi.toBuffer(value, Number(length), true));
    } finally {
      native.gss_release_buffer(Buffer.alloc(4), filled);
    }
  }

  /** @throws GssFailure */
  function checked(major: number): number {
    if (major < 0x1_0000) return major;
    const code = minor.readInt32LE();
    const texts = [display(major, GSS_C_GSS_CODE), ...(code === 0 ? [] : [display(code >>> 0, GSS_C_MECH_CODE)])];
    // The general text only announces the mechanism's.
    const text = texts.at(-1) || texts[0] || `status ${major}`;
    throw { kind: "failed", minor: code, text } satisfies GssFailure;
  }

  function display(status: number, type: number): string {
    const more = Buffer.alloc(4);
    const parts: string[] = [];
    do {
      const text = Buffer.alloc(buffer.size);
      if (native.gss_display_status(Buffer.alloc(4), status, type, 0n, more, text) !== 0) break;
      parts.push(take(text).toString().replace(/\0+$/, ""));
    } while (more.readUInt32LE() !== 0 && parts.length < 10);
    return parts.join("; ");
  }

  function importName(text: string, type: readonly number[]): bigint {
    const name = Buffer.alloc(8);
    checked(native.gss_import_name(minor, bufferOf(Buffer.from(text)), oidOf(type), name));
    return name.readBigUInt64LE();
  }

  const releaseName = (name: bigint): void => {
    const held = Buffer.alloc(8);
    held.writeBigUInt64LE(name);
    if (name !== 0n) native.gss_release_name(Buffer.alloc(4), held);
  };
  const releaseCredential = (credential: bigint): void => {
    const held = Buffer.alloc(8);
    held.writeBigUInt64LE(credential);
    if (credential !== 0n) native.gss_release_cred(Buffer.alloc(4), held);
  };

  /** The keytab, and a cache that ends with the process. */
  function storeOf({ keytab }: KeytabAccount): Buffer {
    const entries = { client_keytab: `FILE:${keytab}`, ccache: "MEMORY:linkuser-agent" };
    const elements = Object.entries(entries).map(([key, value]) =>
      structure(keyValue, { key: addressOf(textOf(key)), value: addressOf(textOf(value)) }),
    );
    return structure(keyValues, { count: elements.length, elements: addressOf(Buffer.concat(elements)) });
  }

  /** For one mechanism. */
  type Acquire = (
    name: bigint,
    mechanism: readonly number[],
    account: KeytabAccount | undefined,
    credential: Buffer,
  ) => void;

  function byMit({ gss_acquire_cred_from, gss_set_neg_mechs }: Functions<typeof ofMit>): Acquire {
    return (name, mechanism, account, credential) => {
      const [store, usage] = [account === undefined ? 0n : addressOf(storeOf(account)), GSS_C_INITIATE];
      checked(gss_acquire_cred_from(minor, name, 0, setOf(mechanism), usage, store, credential, 0n, 0n));
      if (mechanism === spnego) checked(gss_set_neg_mechs(minor, credential.readBigUInt64LE(), setOf(kerberos)));
    };
  }

  /** Apple's SPNEGO offers the mechanisms of a credential, and needs no credential of its own, unlike others. */
  function byHeimdal({ gss_acquire_cred }: Functions<typeof ofHeimdal>): Acquire {
    return (name, _mechanism, _account, credential) => {
      const [time, usage, mechanisms] = [GSS_C_INDEFINITE, GSS_C_INITIATE, setOf(kerberos, spnego)];
      checked(gss_acquire_cred(minor, name, time, mechanisms, usage, credential, 0n, 0n));
    };
  }

  /** Readies a context; with SPNEGO it offers Kerberos alone: others may be installed, NTLM too. */
  function contextFor({ host, channelBinding, account }: Start, mechanism: readonly number[]): Context {
    const target = importName(`HTTP@${host}`, hostbasedService);
    const context: Context = { credential: 0n, target, handle: Buffer.alloc(8), channelBinding };
    const credential = Buffer.alloc(8);
    let name = 0n;
    try {
      if (account !== undefined) name = importName(account.principal, principalName);
      acquire(name, mechanism, account, credential);
      return { ...context, credential: credential.readBigUInt64LE() };
    } catch (failure) {
      release({ ...context, credential: credential.readBigUInt64LE() });
      throw failure;
    } finally {
      releaseName(name);
    }
  }

  function release({ handle, target, credential }: Context): void {
    if (handle.readBigUInt64LE() !== 0n) native.gss_delete_sec_context(Buffer.alloc(4), handle, 0n);
    releaseName(target);
    releaseCredential(credential);
  }

  function accountOf(credential: bigint): string | undefined {
    const name = Buffer.alloc(8);
    if (native.gss_inquire_cred(minor, credential, name, 0n, 0n, 0n) !== 0) return undefined;
    const text = Buffer.alloc(buffer.size);
    try {
      const major = native.gss_display_name(minor, name.readBigUInt64LE(), text, 0n);
      return major === 0 ? take(text).toString() : undefined;
    } finally {
      releaseName(name.readBigUInt64LE());
    }
  }

  /**
   * Gets the ticket by Kerberos itself, into the cache that SPNEGO uses: SPNEGO does not return the code of a failure,
   * and not always its text.
   */
  function getTicket(start: Start): void {
    const context = contextFor(start, kerberos);
    try {
      initiate(context, kerberos, undefined);
    } finally {
      release(context);
    }
  }

  function start(question: Start): GssAnswer {
    getTicket(question);
    const context = contextFor(question, spnego);
    contexts.set(++lastId, context);
    return { kind: "started", id: lastId, account: question.account?.principal ?? accountOf(context.credential) };
  }

  function initiate(
    { credential, target, handle, channelBinding }: Context,
    mechanism: readonly number[],
    token: Uint8Array | undefined,
  ): GssAnswer {
    const flags = Buffer.alloc(4);
    const output = Buffer.alloc(buffer.size);
    const binding = channelBinding && structure(layouts.bindings, { application_data: bufferOf(channelBinding) });
    const major = native.gss_init_sec_context(
      minor,
      credential,
      handle,
      target,
      oidOf(mechanism),
      GSS_C_MUTUAL_FLAG,
      0,
      binding === undefined ? 0n : addressOf(binding),
      token === undefined ? 0n : addressOf(bufferOf(token)),
      0n,
      output,
      flags,
      0n,
    );
    const out = take(output);
    const complete = (checked(major) & GSS_S_CONTINUE_NEEDED) === 0;
    if (complete && (flags.readUInt32LE() & GSS_C_MUTUAL_FLAG) === 0) {
      throw { kind: "failed", minor: 0, text: "it did not prove itself" } satisfies GssFailure;
    }
    return { kind: "stepped", token: out.length === 0 ? undefined : out, complete };
  }

  function close(id: number): GssAnswer {
    const context = contexts.get(id);
    contexts.delete(id);
    if (context !== undefined) release(context);
    return { kind: "closed" };
  }

  return (question) => {
    try {
      if (question.call === "start") return start(question);
      if (question.call === "close") return close(question.id);
      const context = contexts.get(question.id);
      if (context === undefined) throw new RangeError("the log-on has ended");
      return initiate(context, spnego, question.token);
    } catch (thrown) {
      if (thrown instanceof Error) throw thrown;
      return thrown as GssFailure;
    } finally {
      pointedTo = [];
    }
  };
}

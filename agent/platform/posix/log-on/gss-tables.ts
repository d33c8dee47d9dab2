import { constants, type Layout, layout, prototypes } from "../../native-layout.ts";

/** Functions of RFC 2744 that MIT's and Heimdal's libraries have alike. */
export const gssFunctions = prototypes("GSSAPI", {
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
export const mitFunctions = prototypes("libgssapi_krb5.so.2", {
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
export const heimdalFunctions = prototypes("GSS", {
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

export const gssBuffer = layout("gssapi/gssapi.h", "gss_buffer_desc", 16, {
  length: [0, "u64"],
  value: [8, "pointer"],
});
const oid = layout("gssapi/gssapi.h", "gss_OID_desc", 16, { length: [0, "u32"], elements: [8, "pointer"] });
export const gssOidSet = layout("gssapi/gssapi.h", "gss_OID_set_desc", 16, {
  count: [0, "u64"],
  elements: [8, "pointer"],
});
const bindings = layout("gssapi/gssapi.h", "struct gss_channel_bindings_struct", 64, { application_data: [48, 16] });
export const gssKeyValue = layout("gssapi/gssapi_ext.h", "gss_key_value_element_desc", 16, {
  key: [0, "pointer"],
  value: [8, "pointer"],
});
export const gssKeyValues = layout("gssapi/gssapi_ext.h", "gss_key_value_set_desc", 16, {
  count: [0, "u32"],
  elements: [8, "pointer"],
});
export const gssCode = constants("gssapi/gssapi.h", {
  GSS_C_INITIATE: 1,
  GSS_C_INDEFINITE: 0xffff_ffff,
  GSS_C_MUTUAL_FLAG: 2,
  GSS_S_CONTINUE_NEEDED: 1,
  GSS_C_GSS_CODE: 1,
  GSS_C_MECH_CODE: 2,
});

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
export type ObjectId = readonly number[];
export const spnego: ObjectId = [0x2b, 6, 1, 5, 5, 2];
export const kerberos: ObjectId = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 2];
export const principalName: ObjectId = [...kerberos, 1];
export const hostbasedService: ObjectId = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 1, 4];

/** The library's functions, open. */
export type GssFunctions = ReturnType<typeof import("node:ffi").dlopen<typeof gssFunctions>>["functions"];

import { constants, type Layout, layout, prototypes } from "../../native-layout.ts";

/** Functions of RFC 2744 that MIT's and Heimdal's libraries have alike. */
export const gssFunctions = prototypes(
  "GSSAPI",
  `
  OM_uint32 gss_import_name(OM_uint32 *minor, gss_buffer_t text, gss_OID type, gss_name_t *name);
  OM_uint32 gss_release_name(OM_uint32 *minor, gss_name_t *name);
  OM_uint32 gss_display_name(OM_uint32 *minor, gss_name_t name, gss_buffer_t text, gss_OID *type);
  OM_uint32 gss_inquire_cred(OM_uint32 *minor, gss_cred_id_t credential, gss_name_t *name, OM_uint32 *lifetime,
    gss_cred_usage_t *usage, gss_OID_set *mechanisms);
  OM_uint32 gss_release_cred(OM_uint32 *minor, gss_cred_id_t *credential);
  OM_uint32 gss_init_sec_context(OM_uint32 *minor, gss_cred_id_t credential, gss_ctx_id_t *context,
    gss_name_t target, gss_OID mechanism, OM_uint32 flags, OM_uint32 time, gss_channel_bindings_t bindings,
    gss_buffer_t input, gss_OID *actual, gss_buffer_t output, OM_uint32 *granted, OM_uint32 *lifetime);
  OM_uint32 gss_delete_sec_context(OM_uint32 *minor, gss_ctx_id_t *context, gss_buffer_t token);
  OM_uint32 gss_release_buffer(OM_uint32 *minor, gss_buffer_t buffer);
  OM_uint32 gss_display_status(OM_uint32 *minor, OM_uint32 status, int type, gss_OID mechanism, OM_uint32 *more,
    gss_buffer_t text);
`,
);

/** MIT's, from 1.11 on, take the file that has the keys. */
export const mitFunctions = prototypes(
  "libgssapi_krb5.so.2",
  `
  OM_uint32 gss_acquire_cred_from(OM_uint32 *minor, gss_name_t name, OM_uint32 time, gss_OID_set mechanisms,
    gss_cred_usage_t usage, gss_key_value_set_desc *store, gss_cred_id_t *credential, gss_OID_set *actual,
    OM_uint32 *lifetime);
  OM_uint32 gss_set_neg_mechs(OM_uint32 *minor, gss_cred_id_t credential, gss_OID_set mechanisms);
`,
);

/** Heimdal's, and so Apple's, finds the keys of an account that has no tickets in the machine's keytab by itself. */
export const heimdalFunctions = prototypes(
  "GSS",
  `
  OM_uint32 gss_acquire_cred(OM_uint32 *minor, gss_name_t name, OM_uint32 time, gss_OID_set mechanisms,
    gss_cred_usage_t usage, gss_cred_id_t *credential, gss_OID_set *actual, OM_uint32 *lifetime);
`,
);

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

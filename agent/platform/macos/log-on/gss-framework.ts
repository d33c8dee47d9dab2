import { layout } from "../../native-layout.ts";
import type { GssSystem } from "../../posix/log-on/gss-log-on.ts";
import { type GssLibrary, usualLayouts } from "../../posix/log-on/gss-tables.ts";
import { openDirectory } from "../libsystem.ts";

/** On Intel the headers pack these structures to two bytes, as the first Macs did. */
const header = "gssapi/gssapi.h on x86_64";
const packedLayouts: GssLibrary["layouts"] = {
  oid: layout(header, "gss_OID_desc", 12, { length: [0, "u32"], elements: [4, "pointer"] }),
  bindings: layout(header, "struct gss_channel_bindings_struct", 56, { application_data: [40, 16] }),
};

/** Apple's Kerberos (Heimdal), in dyld's cache. @param processor `process.arch` */
export const appleKerberos = (processor: string): GssSystem => ({
  library: {
    path: "/System/Library/Frameworks/GSS.framework/GSS",
    maker: "Heimdal",
    layouts: processor === "x64" ? packedLayouts : usualLayouts,
  },
  install: "linkuser-agent needs macOS 13.5 or later",
  join: "bind this Mac to the domain (dsconfigad -add), which writes the keys of its account to /etc/krb5.keytab",
  renew: "bind this Mac to the domain again (dsconfigad -add)",
  tools: {
    machine: "kinit -k and klist",
    user: "klist (with the Kerberos SSO extension: app-sso -l)",
  },
  leave: openDirectory.exitAtOnce,
});

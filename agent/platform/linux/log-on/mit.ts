import type { GssSystem } from "../../posix/log-on/gss-log-on.ts";
import { usualLayouts } from "../../posix/log-on/gss-tables.ts";
import { nss } from "../libc.ts";

/** MIT's Kerberos, as Linux systems have it. */
export const mitKerberos: GssSystem = {
  library: { path: "libgssapi_krb5.so.2", maker: "MIT", layouts: usualLayouts },
  install: "install the package libgssapi-krb5-2 (Debian) or krb5-libs, version 1.11 or later",
  join: "join the machine to the domain with a keytab (realm join; with Samba, set kerberos method = secrets and keytab, then run net ads keytab create)",
  renew: "renew it (adcli update, net ads keytab create), or join the domain again",
  tools: { machine: "kinit -k and kvno", user: "klist and kvno" },
  leave: nss.exitAtOnce,
};

import { serviceAccount, sysusersLine } from "../../agent/platform/linux/service/service-account.ts";
import { product } from "../product.ts";

/**
 * Creates the services' account in this machine's files, and refuses a different one in NSS, as
 * `agent/platform/linux/service/service-account.ts` does: the credential would be that account's. Run before anything
 * is put in place, since a logon would start the services.
 */
export const makeAccount = `if ! getent -s files passwd ${serviceAccount} > /dev/null; then
    systemd-sysusers --root=/ --inline '${sysusersLine}'
fi
own=$(getent -s files passwd ${serviceAccount} | cut -d: -f3,7)
given=$(getent passwd ${serviceAccount} | cut -d: -f3,7)
first_person=$(sed -n 's/^[[:space:]]*UID_MIN[[:space:]]*\\([0-9]*\\).*/\\1/p' /etc/login.defs 2>/dev/null | tail -n 1)
uid=$(echo "$own" | cut -d: -f1)
ours=
case $own in
*:*/nologin | *:*/false)
    if [ "$own" = "$given" ] && [ "$uid" -gt 0 ] && [ "$uid" -lt "\${first_person:-1000}" ]; then ours=yes; fi ;;
esac
if [ -z "$ours" ]; then
    echo "The service of ${product.name} needs its own account ${serviceAccount} in /etc/passwd." >&2
    echo "Another account has that name: /etc/passwd has \${own:-none}, NSS returns \${given:-none}." >&2
    echo "Rename or remove it, put files first for passwd in /etc/nsswitch.conf, and install the package again." >&2
    exit 1
fi`;

/** After all that belonged to it is gone. */
export const removeAccount = `if getent -s files passwd ${serviceAccount} > /dev/null; then userdel ${serviceAccount} 2>/dev/null || true; fi`;

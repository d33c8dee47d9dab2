#!/bin/bash
# Makes the Debian tree that containers of tests share, about two minutes once: of Debian 12 with what the directory tests
# need, or of the release that the argument names, which is small. Its last line is the tree's folder, in ${LINKUSER_CACHE:-~/.cache/linkuser-agent}. Needs root.
set -euo pipefail
. "$(dirname "$0")/../../../installer/executable/make-once.sh"

release=${1:-bookworm}
# libnss-extrausers gives names as a directory does, from /var/lib/extrausers.
base=(dbus iproute2 libatomic1 libnss-extrausers libpam-systemd systemd systemd-sysv)
directory=(krb5-user ldb-tools libnss-sss libnss-winbind libpam-sss libpam-winbind libsasl2-modules-gssapi-mit samba
  samba-ad-dc samba-ad-provision samba-dsdb-modules samba-vfs-modules sssd-ad sssd-tools winbind)
# What asks the domain's members who they are: proxies, and the gateway behind Apache httpd.
directory+=(adcli apache2 ca-certificates curl faketime haproxy libapache2-mod-auth-gssapi lua-cjson openssl python3-gssapi
  squid)
if [ "$release" != bookworm ]; then
  base+=(login)
  directory=()
fi

packages=(debootstrap iproute2 systemd-container util-linux)
if ! dpkg --status "${packages[@]}" >/dev/null 2>&1; then
  apt-get update --quiet=2 >&2
  DEBIAN_FRONTEND=noninteractive apt-get install --quiet=2 --no-install-recommends "${packages[@]}" >&2
fi

fill() {
  debootstrap --variant=minbase --include="$(IFS=,; echo "${base[*]}")" "$release" "$1"
  # No service starts while it is installed, nor by itself in a container: each container starts its own.
  printf '#!/bin/sh\nexit 101\n' >"$1/usr/sbin/policy-rc.d"
  chmod 755 "$1/usr/sbin/policy-rc.d"
  if [ ${#directory[@]} -gt 0 ]; then
    DEBIAN_FRONTEND=noninteractive chroot "$1" apt-get install --quiet=2 --no-install-recommends "${directory[@]}"
    chroot "$1" systemctl disable --quiet apache2 haproxy nmbd samba-ad-dc smbd squid sssd winbind
  fi
  chroot "$1" systemctl disable --quiet apt-daily.timer
  chroot "$1" apt-get clean
}

make_once directory "$release ${base[*]} ${directory[*]}" fill

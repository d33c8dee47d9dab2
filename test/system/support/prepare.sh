#!/bin/bash
# Makes the Debian tree that containers of tests share, about two minutes once: of Debian 12 with what the directory tests
# need, or of the release that the argument names, which is small. Its last line is the tree's folder, in ${LINKUSER_CACHE:-~/.cache/linkuser-agent}. Needs root.
set -euo pipefail

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

cache=${LINKUSER_CACHE:-$HOME/.cache/linkuser-agent}
tree=$cache/directory-$(echo "$release ${base[*]} ${directory[*]}" | sha256sum | cut --characters=1-12)

if [ ! -d "$tree" ]; then
  mkdir --parents "$cache"
  partial=$(mktemp --directory "$tree.XXXXXX")
  trap 'rm --recursive --force "$partial"' EXIT
  chmod 755 "$partial"
  debootstrap --variant=minbase --include="$(IFS=,; echo "${base[*]}")" "$release" "$partial" >&2
  # No service starts while it is installed, nor by itself in a container: each container starts its own.
  printf '#!/bin/sh\nexit 101\n' >"$partial/usr/sbin/policy-rc.d"
  chmod 755 "$partial/usr/sbin/policy-rc.d"
  if [ ${#directory[@]} -gt 0 ]; then
    DEBIAN_FRONTEND=noninteractive chroot "$partial" \
      apt-get install --quiet=2 --no-install-recommends "${directory[@]}" >&2
    chroot "$partial" systemctl disable --quiet apache2 haproxy nmbd samba-ad-dc smbd squid sssd winbind >&2
  fi
  chroot "$partial" systemctl disable --quiet apt-daily.timer >&2
  chroot "$partial" apt-get clean
  # Another run may have been quicker.
  mv --no-target-directory "$partial" "$tree" || [ -d "$tree" ]
fi

echo "$tree"

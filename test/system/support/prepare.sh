#!/bin/bash
# Installs what the directory tests need and makes the Debian tree that their containers share, about two minutes once.
# Its last line is the tree's folder, in ${LINKUSER_CACHE:-~/.cache/linkuser-agent}. Needs root.
set -euo pipefail

release=bookworm
# libnss-extrausers gives names as a directory does, from /var/lib/extrausers.
base=(dbus iproute2 libatomic1 libnss-extrausers libpam-systemd systemd systemd-sysv)
directory=(krb5-user ldb-tools libnss-sss libnss-winbind libpam-sss libpam-winbind libsasl2-modules-gssapi-mit samba
  samba-ad-dc samba-ad-provision samba-dsdb-modules samba-vfs-modules sssd-ad sssd-tools winbind)

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
  DEBIAN_FRONTEND=noninteractive chroot "$partial" \
    apt-get install --quiet=2 --no-install-recommends "${directory[@]}" >&2
  chroot "$partial" systemctl disable --quiet nmbd samba-ad-dc smbd sssd winbind apt-daily.timer >&2
  chroot "$partial" apt-get clean
  # Another run may have been quicker.
  mv --no-target-directory "$partial" "$tree" || [ -d "$tree" ]
fi

echo "$tree"

#!/bin/bash
# Makes a tree of a Debian release (bookworm, trixie) with HAProxy and what the gateway's package needs, half a minute
# once. Its last line is the tree's folder, in ${LINKUSER_CACHE:-~/.cache/linkuser-agent}. Needs root.
set -euo pipefail

release=$1
packages=(ca-certificates curl dbus haproxy iproute2 libatomic1 lua-cjson openssl systemd systemd-sysv)
cache=${LINKUSER_CACHE:-$HOME/.cache/linkuser-agent}
tree=$cache/gateway-$(echo "$release ${packages[*]}" | sha256sum | cut --characters=1-12)

if [ ! -d "$tree" ]; then
  mkdir --parents "$cache"
  partial=$(mktemp --directory "$tree.XXXXXX")
  trap 'rm --recursive --force "$partial"' EXIT
  chmod 755 "$partial"
  debootstrap --variant=minbase --include="$(IFS=,; echo "${packages[*]}")" "$release" "$partial" >&2
  chroot "$partial" systemctl disable --quiet haproxy apt-daily.timer >&2
  chroot "$partial" apt-get clean
  # Another run may have been quicker.
  mv --no-target-directory "$partial" "$tree" || [ -d "$tree" ]
fi

echo "$tree"

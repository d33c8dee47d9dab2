#!/bin/bash
# Makes a tree of a Debian release (bookworm, trixie) with HAProxy and what the gateway's package needs, half a minute
# once. Its last line is the tree's folder, in ${LINKUSER_CACHE:-~/.cache/linkuser-agent}. Needs root.
set -euo pipefail
. "$(dirname "$0")/../../../installer/executable/make-once.sh"

release=$1
packages=(ca-certificates curl dbus haproxy iproute2 libatomic1 lua-cjson openssl systemd systemd-sysv)

fill() {
  debootstrap --variant=minbase --include="$(IFS=,; echo "${packages[*]}")" "$release" "$1"
  chroot "$1" systemctl disable --quiet haproxy apt-daily.timer
  chroot "$1" apt-get clean
}

make_once gateway "$release ${packages[*]}" fill

#!/bin/bash
# Fetches the arm64 libraries that the executable loads from Debian's archive, and installs QEMU's user emulation. Its
# last line is the folder, in ${LINKUSER_CACHE:-~/.cache/linkuser-agent}. Needs root.
set -euo pipefail
shopt -s inherit_errexit
. "$(dirname "$0")/make-once.sh"

release=$(. /etc/os-release && echo "$VERSION_CODENAME")
libraries=(libatomic1 libc6 libcap2 libgcc-s1 libgcrypt20 libgpg-error0 liblz4-1 liblzma5 libstdc++6 libsystemd0 libzstd1)

if ! dpkg --status qemu-user-static debian-archive-keyring >/dev/null 2>&1; then
  apt-get update --quiet=2 >&2
  DEBIAN_FRONTEND=noninteractive apt-get install --quiet=2 --no-install-recommends \
    qemu-user-static debian-archive-keyring >&2
fi

fill() {
  # An apt of its own, so that this machine's architectures and package lists stay as they are.
  mkdir --parents "$1/.apt/lists/partial" "$1/.apt/archives/partial" "$1/.apt/sources"
  local apt=(
    --quiet=2
    --option APT::Architecture=arm64
    --option APT::Architectures=arm64
    --option APT::Sandbox::User=root
    --option Dir::State::status=/dev/null
    --option "Dir::State::lists=$1/.apt/lists"
    --option "Dir::Cache=$1/.apt"
  )
  apt-get "${apt[@]}" update
  (cd "$1/.apt" && apt-get "${apt[@]}" download "${libraries[@]}")
  for package in "$1"/.apt/*.deb; do dpkg-deb --extract "$package" "$1"; done
  rm --recursive "$1/.apt"
}

folder=$(make_once arm64 "$release ${libraries[*]}" fill)
# For builds, which do not know the release.
ln --symbolic --force --no-dereference "$folder" "$(dirname "$folder")/arm64"
echo "$folder"

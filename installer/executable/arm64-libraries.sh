#!/bin/bash
# Fetches the arm64 libraries that the executable loads from Debian's archive, and installs QEMU's user emulation. Its
# last line is the folder, in ${LINKUSER_CACHE:-~/.cache/linkuser-agent}. Needs root.
set -euo pipefail

release=$(. /etc/os-release && echo "$VERSION_CODENAME")
libraries=(libatomic1 libc6 libcap2 libgcc-s1 libgcrypt20 libgpg-error0 liblz4-1 liblzma5 libstdc++6 libsystemd0 libzstd1)

if ! dpkg --status qemu-user-static debian-archive-keyring >/dev/null 2>&1; then
  apt-get update --quiet=2 >&2
  DEBIAN_FRONTEND=noninteractive apt-get install --quiet=2 --no-install-recommends \
    qemu-user-static debian-archive-keyring >&2
fi

cache=${LINKUSER_CACHE:-$HOME/.cache/linkuser-agent}
folder=$cache/arm64-$(echo "$release ${libraries[*]}" | sha256sum | cut --characters=1-12)

if [ ! -d "$folder" ]; then
  mkdir --parents "$cache"
  partial=$(mktemp --directory "$folder.XXXXXX")
  trap 'rm --recursive --force "$partial"' EXIT
  chmod 755 "$partial"
  # An apt of its own, so that this machine's architectures and package lists stay as they are.
  mkdir --parents "$partial/.apt/lists/partial" "$partial/.apt/archives/partial" "$partial/.apt/sources"
  apt=(
    --quiet=2
    --option APT::Architecture=arm64
    --option APT::Architectures=arm64
    --option APT::Sandbox::User=root
    --option Dir::State::status=/dev/null
    --option "Dir::State::lists=$partial/.apt/lists"
    --option "Dir::Cache=$partial/.apt"
  )
  apt-get "${apt[@]}" update >&2
  (cd "$partial/.apt" && apt-get "${apt[@]}" download "${libraries[@]}" >&2)
  for package in "$partial"/.apt/*.deb; do dpkg-deb --extract "$package" "$partial"; done
  rm --recursive "$partial/.apt"
  # Another run may have been quicker.
  mv --no-target-directory "$partial" "$folder" || [ -d "$folder" ]
fi

echo "$folder"

#!/bin/sh
# Runs a command in FOLDER, with Wine at hand and without a network. All other changes are lost. Needs root.
#   run-in-wine.sh TREE FOLDER COMMAND...       TREE: as test/system/windows/wine-tree.ts makes it
set -eu
if [ "$1" != --inside ]; then
  exec unshare --mount --net --pid --uts --fork --kill-child sh "$0" --inside "$@"
fi
tree=$2 folder=$3
shift 3
mount --make-rprivate /
mount --bind "$tree" "$tree"
mount -t proc proc "$tree/proc"
mount --rbind /dev "$tree/dev"
mount -t tmpfs tmpfs "$tree/tmp"
mkdir "$tree/tmp/changed" "$tree/tmp/overlay"
prefix=home/user/prefix
mount -t overlay overlay -o "lowerdir=$tree/home/user/prepared,upperdir=$tree/tmp/changed,workdir=$tree/tmp/overlay" "$tree/$prefix"
mount --bind "$folder" "$tree/mnt"
echo builder >/proc/sys/kernel/hostname
exec chroot "$tree" env --ignore-environment --chdir=/mnt ${TRICKS:+"TRICKS=$TRICKS"} \
  PATH=/usr/bin:/bin HOME=/tmp LANG=C.UTF-8 WINEPREFIX="/$prefix" \
  WINEDEBUG=-all WINEDLLOVERRIDES=mscoree,mshtml= "$@"

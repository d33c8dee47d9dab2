#!/bin/sh
# Makes a computer for Wine in the namespaces that it is started in (mount, network, process, host name): one network card, one
# firmware, one user. Prints the process ID that holds them, as the outside counts, and stays until its input ends.
#   unshare --mount --net --pid --uts --fork --kill-child sh machine.sh TREE FOLDER USER
set -eu
tree=$1 folder=$2 user=$3
holder=$(cut -d' ' -f4 /proc/self/stat)

mount --make-rprivate /
mount -t proc proc /proc
mount --bind "$tree" "$tree"
mount -t proc proc "$tree/proc"
mount --rbind /dev "$tree/dev"
# Its own: a squid on the machine outside uses the same names there.
mount -t tmpfs tmpfs "$tree/dev/shm"

# Firmware: Wine makes its SMBIOS tables of these files; the system's UUID comes from the machine ID.
mount -t tmpfs tmpfs "$tree/sys"
mkdir -p "$tree/sys/class/dmi/id" "$tree/sys/devices/system/cpu"
mount --bind /sys/devices/system/cpu "$tree/sys/devices/system/cpu"
echo 'Example Corp' >"$tree/sys/class/dmi/id/sys_vendor"
echo 'Laptop 1' >"$tree/sys/class/dmi/id/product_name"
echo 'SN-0001' >"$tree/sys/class/dmi/id/product_serial"

mount -t tmpfs tmpfs "$tree/tmp"
chmod 1777 "$tree/tmp"
echo 4c8a2e917d3b4f60b15d9e72a6c8034f >"$tree/tmp/machine-id"
mount --bind "$tree/tmp/machine-id" "$tree/etc/machine-id"
mount --bind "$tree/tmp/machine-id" "$tree/var/lib/dbus/machine-id"
printf 'root:x:0:0::/root:/bin/sh\n%s:x:1000:1000::/home/user:/bin/sh\n' "$user" >"$tree/tmp/passwd"
mount --bind "$tree/tmp/passwd" "$tree/etc/passwd"
printf '127.0.0.1 localhost\n::1 localhost\n127.0.0.1 proxy.corp.test other.corp.test\n' >"$tree/tmp/hosts"
mount --bind "$tree/tmp/hosts" "$tree/etc/hosts"
echo LAPTOP1 >/proc/sys/kernel/hostname

# The prepared Windows folder, with all changes in memory.
mkdir "$tree/tmp/changed" "$tree/tmp/overlay"
chown 1000:1000 "$tree/tmp/changed"
mount -t overlay overlay -o "lowerdir=$tree/home/user/prepared,upperdir=$tree/tmp/changed,workdir=$tree/tmp/overlay" "$tree/home/user/prefix"
mount --bind "$folder" "$tree/mnt"

# Network: a card with a cable that ends in a network of its own, and a default route.
ip link set lo up
ip link add eth0 address 00:0c:29:f2:7a:29 type veth peer name cable
unshare --net sleep infinity &
while [ "$(readlink /proc/$$/ns/net)" = "$(readlink /proc/$!/ns/net)" ]; do :; done
ip link set cable netns $!
nsenter --net="/proc/$!/ns/net" ip link set cable up
ip address add 198.51.100.10/24 dev eth0
ip link set eth0 up
ip route add default via 198.51.100.1

echo "ready $holder"
cat >/dev/null

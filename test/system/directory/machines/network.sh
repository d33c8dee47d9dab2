# Gives this container its address and the domain's name server. $1 is the last part of the address.
set -euo pipefail

ip link set lo up
ip address add "10.53.0.$1/24" dev eth0
ip link set eth0 up
printf '127.0.0.1 localhost\n10.53.0.%s %s.ad.corp.test %s\n' "$1" "$HOSTNAME" "$HOSTNAME" >/etc/hosts
rm --force /etc/resolv.conf
printf 'search ad.corp.test\nnameserver 10.53.0.1\n' >/etc/resolv.conf

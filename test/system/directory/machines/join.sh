# Joins this container to the domain: the first half of winbind.sh and sssd.sh. $1 is the last part of its address.
set -euo pipefail

ip link set lo up
ip address add "10.53.0.$1/24" dev eth0
ip link set eth0 up
printf '127.0.0.1 localhost\n10.53.0.%s %s.ad.corp.test %s\n' "$1" "$HOSTNAME" "$HOSTNAME" >/etc/hosts
rm --force /etc/resolv.conf
printf 'search ad.corp.test\nnameserver 10.53.0.1\n' >/etc/resolv.conf

cat >/etc/krb5.conf <<END
[libdefaults]
default_realm = AD.CORP.TEST
dns_lookup_kdc = true
rdns = false
END

# The local twin of a domain's user, and the group that makes him powerful here.
useradd --create-home bob
groupadd --force wheel
usermod --append --groups wheel bob

# The controller answers some seconds after its start.
for _ in $(seq 60); do
  if net ads join --user='Administrator%Adm1n-Pass-2026!' --no-dns-updates &>/tmp/join; then exit; fi
  sleep 0.5
done
cat /tmp/join
exit 1

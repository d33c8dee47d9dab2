# Joins this container to the domain: the first half of winbind.sh and sssd.sh. $1 is the last part of its address.
set -euo pipefail

bash /opt/directory/machines/network.sh "$1"
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
for _ in $(seq 240); do
  if net ads join --user='Administrator%Adm1n-Pass-2026!' --no-dns-updates &>/tmp/join; then exit; fi
  sleep 0.5
done
cat /tmp/join
exit 1

# Makes this container the controller dc1 of the domain CORP (ad.corp.test) and starts it.
set -euo pipefail

ip link set lo up
# Without an address of its own a bridge takes the lowest one of its ports: each machine that came or went could change it,
# and members that knew the old one lost the controller for seconds.
ip link add br0 address 02:00:00:00:00:01 type bridge
ip address add 10.53.0.1/24 dev br0
ip link set br0 up
printf '127.0.0.1 localhost\n10.53.0.1 dc1.ad.corp.test dc1\n' >/etc/hosts

rm --force /etc/samba/smb.conf
samba-tool domain provision --realm=AD.CORP.TEST --domain=CORP --server-role=dc --dns-backend=SAMBA_INTERNAL \
  --host-ip=10.53.0.1 --adminpass='Adm1n-Pass-2026!' \
  --option='interfaces=10.53.0.1' --option='bind interfaces only=yes'
python3 /opt/directory/machines/people.py
systemctl start samba-ad-dc

# Makes this container a member that asks winbind.
set -euo pipefail

cat >/etc/samba/smb.conf <<END
[global]
workgroup = CORP
realm = AD.CORP.TEST
security = ads
idmap config * : backend = tdb
idmap config * : range = 10000-19999
idmap config CORP : backend = rid
idmap config CORP : range = 100000-199999
template shell = /bin/bash
winbind offline logon = yes
END
sed --in-place 's/^\(passwd\|group\):.*/\1: files winbind systemd/' /etc/nsswitch.conf
bash /opt/directory/machines/join.sh "$1"
systemctl start winbind
wbinfo --ping-dc

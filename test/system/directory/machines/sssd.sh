# Makes this container a member that asks SSSD. $2 is true where it gives names with the domain.
set -euo pipefail

cat >/etc/samba/smb.conf <<END
[global]
workgroup = CORP
realm = AD.CORP.TEST
security = ads
kerberos method = secrets and keytab
END
install --mode=600 /dev/stdin /etc/sssd/sssd.conf <<END
[sssd]
services = nss
domains = ad.corp.test

[domain/ad.corp.test]
id_provider = ad
access_provider = permit
use_fully_qualified_names = $2
cache_credentials = true
dyndns_update = false
END
sed --in-place 's/^\(passwd\|group\):.*/\1: files sss systemd/' /etc/nsswitch.conf
bash /opt/directory/machines/join.sh "$1"
systemctl start sssd
# Off line until it has found the controller.
for _ in $(seq 240); do
  if getent passwd stranger@ad.corp.test; then exit; fi
  sleep 0.5
done
exit 1

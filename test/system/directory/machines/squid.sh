# Runs a proxy on the controller that wants the domain's accounts, or a user name and password: a service account with the
# SPN HTTP/$1.ad.corp.test, whose key it has, and Squid at the port $2. $3... is put before its Kerberos helper.
# With a certificate /etc/squid/$1.pem it is also reached by TLS, at the port $2 + 1000.
set -euo pipefail

name=$1 port=$2
shift 2
administrator='Administrator%Adm1n-Pass-2026!'
samba-tool user create "svc-$name" 'Pr0xy-Pass-2026!' >/dev/null
samba-tool spn add "HTTP/$name.ad.corp.test" "svc-$name"
samba-tool dns add dc1 ad.corp.test "$name" A 10.53.0.1 --user="$administrator" >/dev/null
samba-tool domain exportkeytab "/etc/squid/$name.keytab" --principal="HTTP/$name.ad.corp.test" >/dev/null
printf 'agent:%s\n' "$(openssl passwd -apr1 planted-proxy-password)" >/etc/squid/passwd
chown proxy "/etc/squid/$name.keytab" /etc/squid/passwd
mkdir --parents "/var/log/squid/$name"
chown proxy "/var/log/squid/$name"
cat >"/etc/squid/$name.conf" <<END
http_port 10.53.0.1:$port
$(if [ -e "/etc/squid/$name.pem" ]; then echo "https_port 10.53.0.1:$((port + 1000)) tls-cert=/etc/squid/$name.pem"; fi)
visible_hostname $name.ad.corp.test
pid_filename none
access_log stdio:/var/log/squid/$name/access.log
cache_log /var/log/squid/$name/cache.log
coredump_dir /tmp
dns_nameservers 10.53.0.1
pinger_enable off
shutdown_lifetime 0 seconds
auth_param negotiate program $* /usr/lib/squid/negotiate_kerberos_auth -k /etc/squid/$name.keytab -s GSS_C_NO_NAME
auth_param negotiate children 1
auth_param basic program /usr/lib/squid/basic_ncsa_auth /etc/squid/passwd
auth_param basic children 1
acl known proxy_auth REQUIRED
http_access allow known
http_access deny all
END
systemd-run --quiet --collect --unit="squid-$name" squid -N -f "/etc/squid/$name.conf"
for _ in $(seq 300); do
  if ss --no-header --listening --tcp --numeric "sport = :$port" | grep --quiet .; then exit; fi
  sleep 0.1
done
tail "/var/log/squid/$name/cache.log"
exit 1

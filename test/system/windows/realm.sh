#!/bin/sh
# Inside the machine, as its user: the Kerberos realm CORP.TEST and two proxies named proxy.corp.test, in the folder that it
# shares with the test. Port 3128 asks for Negotiate (Kerberos), port 3129 for NTLM. Returns when all of them listen.
#   sh realm.sh PASSWORD
set -eu
password=$1 realm=/mnt/realm
export PATH=/usr/sbin:/usr/bin:/sbin:/bin KRB5_CONFIG=$realm/krb5.conf KRB5_KDC_PROFILE=$realm/kdc.conf
mkdir -p $realm/private /mnt/bin

cat >$realm/krb5.conf <<END
[libdefaults]
  default_realm = CORP.TEST
  dns_lookup_kdc = false
  dns_canonicalize_hostname = false
  rdns = false
[realms]
  CORP.TEST = {
    kdc = 127.0.0.1:10088
  }
END
cat >$realm/kdc.conf <<END
[kdcdefaults]
  kdc_listen = 127.0.0.1:10088
  kdc_tcp_listen = 127.0.0.1:10088
[realms]
  CORP.TEST = {
    database_name = $realm/principal
    key_stash_file = $realm/stash
  }
[logging]
  kdc = FILE:$realm/kdc.log
END
cat >$realm/smb.conf <<END
[global]
  workgroup = CORP
  private dir = $realm/private
  lock directory = $realm/private
  state directory = $realm/private
  cache directory = $realm/private
END
kdb5_util create -s -P master >$realm/setup.log
for command in 'addprinc -randkey alice' 'addprinc -randkey HTTP/proxy.corp.test' 'addprinc -randkey HTTP/other.corp.test' \
  "ktadd -k $realm/alice.keytab alice" "ktadd -k $realm/proxy.keytab HTTP/proxy.corp.test"; do
  kadmin.local -q "$command" >>$realm/setup.log 2>&1
done
krb5kdc -n >>$realm/setup.log 2>&1 </dev/null &

# Wine runs the ntlm_auth of its PATH with the logged-on user, whose password winbind would know.
cat >/mnt/bin/ntlm_auth <<END
#!/bin/sh
exec /usr/bin/ntlm_auth --configfile=$realm/smb.conf --domain=CORP --password="\${NTLM_PASSWORD:-$password}" "\$@"
END
chmod +x /mnt/bin/ntlm_auth

proxy() {
  port=$1 program=$2
  mkdir $realm/$port
  cat >$realm/$port/squid.conf <<END
http_port 127.0.0.1:$port
visible_hostname proxy.corp.test
pid_filename none
logformat log-on %>Hs %un %{Proxy-Authorization}>h
access_log stdio:$realm/$port/access.log log-on
cache_log $realm/$port/cache.log
coredump_dir $realm/$port
shutdown_lifetime 0 seconds
dns_nameservers 127.0.0.1
pinger_enable off
auth_param $program
auth_param ${program%% *} children 1
auth_param ${program%% *} keep_alive on
acl known proxy_auth REQUIRED
http_access allow known
http_access deny all
END
  squid -N -f $realm/$port/squid.conf >$realm/$port/squid.log 2>&1 </dev/null &
  while ! bash -c ": <>/dev/tcp/127.0.0.1/$port" 2>/dev/null; do kill -0 $!; done
}
proxy 3128 "negotiate program /usr/lib/squid/negotiate_kerberos_auth -k $realm/proxy.keytab -s HTTP/proxy.corp.test@CORP.TEST"
proxy 3129 "ntlm program /usr/bin/ntlm_auth --configfile=$realm/smb.conf --helper-protocol=squid-2.5-ntlmssp --domain=CORP --username=alice --password=$password"

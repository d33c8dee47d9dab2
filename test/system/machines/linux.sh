#!/bin/bash
# linux.sh PACKAGE: on a Linux machine that may be thrown away, as root: installs a .deb or .rpm with the distribution's
# own tool, checks and links it against a fake Gears, and removes it. Run it in the repository after `npm ci`.
set -euo pipefail

package=$(realpath "$1")
cd "$(dirname "$0")/../../.."
say() { printf '\n== %s\n' "$*"; }
fail() {
  echo "linux.sh: $*" >&2
  exit 1
}

say "install $(basename "$package")"
case $package in
  *.deb) DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "$package" ;;
  *.rpm) dnf install --assumeyes "$package" && rpm --verify linkuser-agent ;;
  *) fail "$package is neither a .deb nor a .rpm" ;;
esac
linkuser-agent --version

say 'link against a fake Gears'
coproc gears { exec node_modules/.bin/node --disable-warning=ExperimentalWarning test/system/install/stand-in.ts; }
read -r keys <&"${gears[0]}"
key() { sed -E "s/.*\"$1\":\"([^\"]*)\".*/\1/" <<<"$keys"; }
settings=/etc/linkuser-agent/config.json
credential=/etc/linkuser-agent/credential.json
printf '{"baseUrl":"%s","clientId":"%s","splay":"0s","excludeUsers":[]}\n' "$(key baseUrl)" "$(key clientId)" >"$settings"
(umask 077 && printf '{"clientSecret":"%s"}\n' "$(key clientSecret)" >"$credential")
user=${SUDO_USER:-root}
linkuser-agent --dry-run --user "$user"
linkuser-agent doctor --compare --user "$user" || [ $? -le 78 ]
for outcome in linked already-linked; do
  document=$(linkuser-agent --json --user "$user")
  grep --quiet "\"outcome\":\"$outcome\"" <<<"$document" || fail "not $outcome: $document"
done
linkuser-agent status

if [ -d /run/systemd/system ]; then
  say 'the service, as the timer starts it'
  systemctl is-active linkuser-agent.timer
  systemctl start --wait linkuser-agent.service || true
  journalctl --quiet --no-pager --output=cat --unit=linkuser-agent.service
  systemd-analyze --no-pager security linkuser-agent.service | tail -n 1
fi

say remove
case $package in
  *.deb) apt-get purge --yes linkuser-agent ;;
  *.rpm) dnf remove --assumeyes linkuser-agent ;;
esac
left=$(find /usr /lib/systemd /etc/systemd -xdev -name '*linkuser-agent*' -not -path "$PWD/*" 2>/dev/null || true)
[ -z "$left" ] || fail "left behind: $left"
say 'all of it worked'

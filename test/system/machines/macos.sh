#!/bin/bash
# macos.sh EXECUTABLE: on a Mac that may be thrown away, as root: installs the executable, checks and links it against a
# fake Gears, and removes it. Run it in the repository after `npm ci`. Not run yet: no Mac was at hand.
set -euo pipefail

[ "$(uname)" = Darwin ] || {
  echo 'macos.sh: this needs a Mac' >&2
  exit 1
}
executable=/Library/LinkUserAgent/linkuser-agent
mkdir -p "$(dirname "$executable")"
install -m 755 "$1" "$executable"
cd "$(dirname "$0")/../../.."
say() { printf '\n== %s\n' "$*"; }
fail() {
  echo "macos.sh: $*" >&2
  exit 1
}

say 'signature and start'
codesign --verify --verbose=4 "$executable"
"$executable" --version

say 'link against a fake Gears'
# macOS' bash 3.2 has no coprocesses.
work=$(mktemp -d)
mkfifo "$work/stdin"
node_modules/.bin/node --disable-warning=ExperimentalWarning test/system/install/stand-in.ts <"$work/stdin" >"$work/calls" &
exec 3>"$work/stdin"
until [ -s "$work/calls" ]; do sleep 1; done
key() { sed -E -n "1s/.*\"$1\":\"([^\"]*)\".*/\1/p" "$work/calls"; }
(umask 077 && printf '{"clientSecret":"%s"}\n' "$(key clientSecret)" >"$work/credential.json")
user=${SUDO_USER:-$(stat -f %Su /dev/console)}
"$executable" install --base-url "$(key baseUrl)" --client-id "$(key clientId)" --splay 0s \
  --credential-from "$work/credential.json"
"$executable" --dry-run --user "$user"
"$executable" doctor --compare --user "$user" || [ $? -le 78 ]
launchctl print system/com.linkuser.agent
for outcome in linked already-linked; do
  document=$("$executable" --json --user "$user")
  grep -q "\"outcome\":\"$outcome\"" <<<"$document" || fail "not $outcome: $document"
done
"$executable" status

say remove
"$executable" uninstall --purge
if launchctl print system/com.linkuser.agent 2>/dev/null; then fail 'the job is still loaded'; fi
rm -r "$(dirname "$executable")"
exec 3>&-
say 'all of it worked'

#!/bin/bash
# On a Mac with Xcode's command line tools: signs the executable, makes an installer package and has Apple notarise it.
#
#   SIGN_APPLICATION="Developer ID Application: Example (TEAMID)" \
#   SIGN_INSTALLER="Developer ID Installer: Example (TEAMID)" \
#   NOTARY_PROFILE=example \
#   ./sign-and-package.sh linkuser-agent-darwin-arm64
#
# Intel Macs have a package of their own, from linkuser-agent-darwin-x64.
#
# NOTARY_PROFILE is a name under which `xcrun notarytool store-credentials` keeps an account; without it nothing is sent to
# Apple, and only a management tool will install the package.
set -euo pipefail

fail() {
  echo "sign-and-package.sh: $1" >&2
  exit 1
}

[ "$(uname)" = Darwin ] || fail 'this needs a Mac'
[ $# = 1 ] && [ -f "$1" ] || fail 'name the executable: sign-and-package.sh linkuser-agent-darwin-arm64'
case $(lipo -archs "$1") in
  arm64) architecture=arm64 ;;
  x86_64) architecture=x86_64 ;;
  *) fail "$1 is for neither arm64 nor x86_64" ;;
esac
[ -n "${SIGN_APPLICATION:-}" ] || fail 'SIGN_APPLICATION must name a "Developer ID Application" certificate'
[ -n "${SIGN_INSTALLER:-}" ] || fail 'SIGN_INSTALLER must name a "Developer ID Installer" certificate'

identifier=com.linkuser.agent
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

folder=$work/root/Library/LinkUserAgent
umask 022
mkdir -p "$folder" "$work/root/Library/Application Support/LinkUserAgent" "$work/root/usr/local/bin" "$work/scripts"
install -m 755 "$1" "$folder/linkuser-agent"
install -m 644 "$here/THIRD-PARTY-NOTICES.txt" "$folder/THIRD-PARTY-NOTICES.txt"
ln -s /Library/LinkUserAgent/linkuser-agent "$work/root/usr/local/bin/linkuser-agent"
install -m 755 "$here/postinstall" "$work/scripts/postinstall"

codesign --force --sign "$SIGN_APPLICATION" --identifier "$identifier" --options runtime --timestamp \
  --entitlements "$here/entitlements.plist" "$folder/linkuser-agent"
codesign --verify --strict --verbose=2 "$folder/linkuser-agent"
version=$("$folder/linkuser-agent" --version)
version=${version%% *}

pkgbuild --root "$work/root" --identifier "$identifier" --version "$version" --ownership recommended \
  --scripts "$work/scripts" --install-location / "$work/component.pkg"

# Without hostArchitectures, Installer takes a package for one that needs Rosetta.
cat >"$work/distribution.xml" <<XML
<?xml version="1.0" encoding="utf-8"?>
<installer-gui-script minSpecVersion="2">
  <title>linkuser-agent $version</title>
  <options customize="never" require-scripts="false" rootVolumeOnly="true" hostArchitectures="$architecture"/>
  <volume-check><allowed-os-versions><os-version min="13.5"/></allowed-os-versions></volume-check>
  <choices-outline><line choice="default"/></choices-outline>
  <choice id="default"><pkg-ref id="$identifier"/></choice>
  <pkg-ref id="$identifier" version="$version">component.pkg</pkg-ref>
</installer-gui-script>
XML

package=linkuser-agent-$version-$architecture.pkg
productbuild --distribution "$work/distribution.xml" --package-path "$work" --sign "$SIGN_INSTALLER" --timestamp "$package"
pkgutil --check-signature "$package"

if [ -n "${NOTARY_PROFILE:-}" ]; then
  xcrun notarytool submit "$package" --keychain-profile "$NOTARY_PROFILE" --wait
  xcrun stapler staple "$package"
  spctl --assess --type install --verbose "$package"
fi
echo "$package"

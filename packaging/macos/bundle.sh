#!/usr/bin/env bash
# On macOS: build "dist/Loom Studio.app", sign it and have it notarised, and put it into a disk image.
#
#   IDENTITY="Developer ID Application: NAME (TEAM)" PROFILE=loom packaging/macos/bundle.sh
#
# PROFILE is what `xcrun notarytool store-credentials` was told. Without IDENTITY the app is built for this Mac alone.
set -euo pipefail
cd "$(dirname "$0")/../.."

.venv/bin/pyinstaller --noconfirm --log-level ERROR --distpath dist --workpath build packaging/bundle/loom-studio.spec
app="dist/Loom Studio.app"
[ -n "${IDENTITY:-}" ] || { echo "$app is not signed (IDENTITY is not set)"; exit 0; }
codesign --deep --force --options runtime --timestamp --entitlements packaging/macos/entitlements.plist \
  --sign "$IDENTITY" "$app"
image="dist/Loom-Studio-$(.venv/bin/loom --version | cut -d' ' -f2).dmg"
hdiutil create -volname "Loom Studio" -srcfolder "$app" -ov -format UDZO "$image"
xcrun notarytool submit "$image" --keychain-profile "${PROFILE:?}" --wait
xcrun stapler staple "$image"
echo "$image is signed and notarised"

#!/usr/bin/env bash
# Build the one-folder bundle, dist/loom-studio, and on Debian a package of it, dist/loom-studio_VERSION_ARCH.deb.
set -euo pipefail
cd "$(dirname "$0")/.."

id=io.github.loom_studio.LoomStudio
version="$(.venv/bin/loom --version | cut -d' ' -f2)"
began=$SECONDS
.venv/bin/pyinstaller --noconfirm --log-level ERROR --distpath dist --workpath build packaging/bundle/loom-studio.spec
echo "dist/loom-studio: $(du -sm dist/loom-studio | cut -f1) MB, built in $((SECONDS - began)) s"

command -v dpkg-deb >/dev/null || exit 0
began=$SECONDS
architecture="$(dpkg --print-architecture)"
root=build/deb
rm -rf "$root"
mkdir -p "$root/DEBIAN" "$root/opt" "$root/usr/bin" "$root/usr/share/applications" "$root/usr/share/metainfo" \
  "$root/usr/share/icons/hicolor/scalable/apps" "$root/usr/share/doc/loom-studio"
cp -a dist/loom-studio "$root/opt/loom-studio"
ln -s /opt/loom-studio/loom-studio "$root/usr/bin/loom-studio"
ln -s /opt/loom-studio/loom "$root/usr/bin/loom"
cp "packaging/linux/$id.desktop" "$root/usr/share/applications/"
cp "packaging/linux/$id.metainfo.xml" "$root/usr/share/metainfo/"
cp resources/icons/loom-studio.svg "$root/usr/share/icons/hicolor/scalable/apps/$id.svg"
cat - LICENSE >"$root/usr/share/doc/loom-studio/copyright" <<COPYRIGHT
Copyright 2026 The Loom Studio developers

What is bundled with it has licences of its own: /opt/loom-studio/_internal/licences
and the folders *.dist-info beside it; Settings, About, shows them all.

COPYRIGHT
cat >"$root/DEBIAN/control" <<CONTROL
Package: loom-studio
Version: $version
Architecture: $architecture
Maintainer: The Loom Studio developers <loom-studio@users.noreply.github.com>
Installed-Size: $(du -sk "$root/opt" | cut -f1)
Depends: libc6, libegl1, libgl1, libwayland-cursor0, libxkbcommon0, libxkbcommon-x11-0, libdbus-1-3, libfontconfig1, libxcb-cursor0, libxcb-icccm4, libxcb-keysyms1, libxcb-shape0, libxcb-xkb1
Recommends: bubblewrap, ripgrep, git, libnotify-bin, fonts-dejavu-core, fonts-wqy-microhei | fonts-noto-cjk
Section: devel
Priority: optional
Description: desktop studio for AI agents
 A native window for working with AI agents, and loom, the runtime that it
 hosts, on the command line: chats, approvals of what agents do, what they
 watch, what their context holds, and long work that is judged in sprints.
CONTROL
package="dist/loom-studio_${version}_${architecture}.deb"
dpkg-deb --build --root-owner-group -Zzstd "$root" "$package" >/dev/null
echo "$package: $(du -sm "$package" | cut -f1) MB, built in $((SECONDS - began)) s"

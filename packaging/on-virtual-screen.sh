#!/usr/bin/env bash
# Run a command on a virtual screen with a session bus, accessibility and a window manager.
set -euo pipefail
export QT_QPA_PLATFORM=xcb QT_LINUX_ACCESSIBILITY_ALWAYS_ON=1 NO_AT_BRIDGE=0 XDG_SESSION_TYPE=x11
unset WAYLAND_DISPLAY
# shellcheck disable=SC2016
exec xvfb-run -a -s "-screen 0 1440x900x24 -noreset" dbus-run-session -- bash -c '
  openbox >/dev/null 2>&1 & manager=$!
  trap "kill $manager 2>/dev/null || true" EXIT
  "$@"' on-virtual-screen "$@"

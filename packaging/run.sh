#!/usr/bin/env bash
# Start the Studio in a window; where there is no display, say so and run the offscreen demo instead.
set -euo pipefail
cd "$(dirname "$0")/.."

has_display() { [ "$(uname -s)" != Linux ] || [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; }

if has_display; then
  exec .venv/bin/loom-studio "$@"
fi
mkdir -p shots
echo "No display was found (neither DISPLAY nor WAYLAND_DISPLAY is set), so the window cannot be shown." >&2
echo "Running the demo without a screen instead: one prompt to the local model, and a picture of the window." >&2
QT_QPA_PLATFORM=offscreen .venv/bin/loom-studio --offscreen-demo shots/demo.png "$@"
echo "The picture is shots/demo.png" >&2

#!/usr/bin/env bash
# Start the Studio in a window; where there is no display, say so and run the offscreen demo instead.
set -euo pipefail
cd "$(dirname "$0")/.."

# Asked without the platform in which the demo is shown, also where it is set for all.
problem="$(env -u QT_QPA_PLATFORM .venv/bin/python -c \
  'from loom_studio.__main__ import display_problem; print(display_problem())')"
if [ -z "$problem" ]; then
  exec .venv/bin/loom-studio "$@"
fi
mkdir -p shots
echo "No display was found ($problem), so the window cannot be shown." >&2
echo "Running the demo without a screen instead: one prompt to the local model, and a picture of the window." >&2
QT_QPA_PLATFORM=offscreen .venv/bin/loom-studio --offscreen-demo shots/demo.png "$@"
echo "The picture is shots/demo.png" >&2

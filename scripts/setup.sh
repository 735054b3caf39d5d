#!/bin/bash
# Prepares a checkout for building and running: Debian packages, the project's own Python environment (.venv) and
# the starter pack. What is there already is left alone, so it can be run again at any time, without a network too.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly python=/usr/bin/python3
readonly opencv_samples=/usr/share/doc/opencv-doc/examples/data
readonly pip_unfinished=.venv/.installation-unfinished

usage() {
  cat <<'TEXT'
usage: scripts/setup.sh [--packs NAME,...] [--tests] [--help]
  --packs   also these packs: voice (speaks American English, 63 MB), writer (a language model, 1.1 GB), writer-small
            (a smaller one for tests, 0.5 GB)
  --tests   also what the tests need: GoogleTest, all of torch, the reference implementations (about 4 GB more),
            and the packs voice and writer-small

Exit status: 0 everything is there, 1 something could not be had (the message says what to do), 2 usage.
OGAM_HOME (default ~/.cache/ogam) holds the packs and the downloads they are built from.
TEXT
}

say() { printf 'setup: %s\n' "$*"; }
fail() {
  printf 'setup: %s\n' "$*" >&2
  exit 1
}

with_tests=false
packs=(starter)
while [[ $# -gt 0 ]]; do
  case "$1" in
    --tests) with_tests=true && packs+=(voice writer-small) ;;
    --packs)
      [[ -n "${2:-}" ]] || { usage >&2 && exit 2; }
      IFS=, read -ra named <<<"$2"
      packs+=("${named[@]}")
      shift
      ;;
    -h | --help) usage && exit 0 ;;
    *) usage >&2 && exit 2 ;;
  esac
  shift
done
for pack in "${packs[@]}"; do
  [[ -f "data/packs/$pack.json" ]] || fail "there is no pack $pack; there are: $(basename -s .json data/packs/*.json | xargs)"
done

# The lines of a requirements file without comments.
listed() { sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$@"; }

is_installed() { [[ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" == installed ]]; }

# Container images may leave out everything under /usr/share/doc, where the sample pictures are.
samples_are_missing() { is_installed opencv-doc && [[ ! -d "$opencv_samples" ]]; }

as_root() {
  if [[ $EUID -eq 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "these packages are needed and only root may install them; as root run: apt-get install ${missing[*]}"
  fi
}

install_packages() {
  local lists=(scripts/requirements/apt.txt) reinstall=()
  $with_tests && lists+=(scripts/requirements/apt-tests.txt)
  command -v dpkg-query >/dev/null || fail "this is not a Debian system; scripts/requirements/apt.txt lists what ogam needs"
  missing=()
  local package
  while read -r package; do
    is_installed "$package" || missing+=("$package")
  done < <(listed "${lists[@]}")
  if samples_are_missing; then
    missing+=(opencv-doc)
    reinstall=(--reinstall)
  fi
  if [[ ${#missing[@]} -eq 0 ]]; then
    say "Debian packages: all there"
    return
  fi
  # shellcheck source=/dev/null
  if ! (. /etc/os-release && [[ "$ID" == debian && "$VERSION_ID" == 12 ]]); then
    say "this is not Debian 12, on which alone ogam was tried; package names may differ"
  fi
  say "installing ${#missing[@]} Debian packages: ${missing[*]}"
  local options=(-q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0
    -o "DPkg::Options::=--path-include=/usr/share/doc/opencv-doc/*")
  as_root apt-get update -q -o DPkg::Lock::Timeout=300 ||
    say "the lists of packages could not be refreshed; going on with the ones that are there"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install "${options[@]}" --no-install-recommends \
    "${reinstall[@]}" "${missing[@]}" ||
    fail "apt-get could not install the packages; its messages are above. When another installation is running," \
      "wait for it; when a package is not found, check the network and /etc/apt/sources.list; then run this again"
}

make_environment() {
  [[ -x "$python" ]] || fail "$python is missing; run: apt-get install python3 python3-venv"
  local wanted
  wanted=$("$python" -c 'import platform; print(platform.machine(), "%d.%d" % __import__("sys").version_info[:2])')
  [[ "$wanted" == "x86_64 3.11" ]] ||
    fail "the pinned Python packages are for x86_64 and Python 3.11 (Debian 12); $python is $wanted"
  if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    if [[ -e .venv ]]; then
      say ".venv does not work (was the checkout moved?); making it anew"
    else
      say "making the Python environment .venv"
    fi
    "$python" -m venv --clear .venv || fail "cannot make .venv; check the free space and the permissions here"
  fi
}

install_python_packages() {
  local requirements=(-r scripts/requirements/base.txt) again=()
  $with_tests && requirements+=(-r scripts/requirements/tests.txt)
  if [[ -e "$pip_unfinished" ]]; then
    say "an installation was interrupted; repeating it"
    again=(--force-reinstall)
  fi
  say "Python packages: checking, and installing what is missing (0.6 GB; with --tests 4 GB)"
  touch "$pip_unfinished"
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
    --only-binary=:all: --no-compile "${again[@]}" "${requirements[@]}" ||
    fail "pip could not install the Python packages; its messages are above. Check the network and the free space" \
      "and run this again: what was downloaded is kept"
  rm -f "$pip_unfinished"
}

say "preparing $PWD"
install_packages
make_environment
install_python_packages
while read -r pack; do
  .venv/bin/python scripts/build_pack.py --recipe "data/packs/$pack.json" </dev/null || exit 1
done < <(printf '%s\n' "${packs[@]}" | sort -u)
say "done after $SECONDS s"

#!/bin/bash
# Every check of the project: sets everything up, builds with warnings as errors, then runs the C++ tests, the Python
# tests and the format check. Can be run again at any time.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\ntest: %s\n' "$*"; }

say "setting up"
scripts/setup.sh --tests

say "building"
cmake --preset release -DOGAM_TESTS=ON >/dev/null
cmake --build --preset release

export OGAM_BUILD_DIR=$PWD/build/release
.venv/bin/python scripts/sample_media.py .cache/sample-media

# Both run, whatever the first one says; the status tells whether either failed.
status=0
say "C++ tests"
ctest --test-dir build/release --output-on-failure -j2 || status=1
say "Python tests"
.venv/bin/python -m pytest -q tests || status=1
say "done after $SECONDS s"
exit "$status"

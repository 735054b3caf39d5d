#!/bin/bash
# Compares every model with its reference on random tiny checkpoints and writes docs/parity.md. Needs what
# `scripts/setup.sh --tests` installs and a release build.
set -euo pipefail
cd "$(dirname "$0")/.."

if [[ ! -x build/release/tests/tools/encode ]]; then
  echo "parity: build first: cmake --preset release && cmake --build --preset release" >&2
  exit 1
fi
OMP_NUM_THREADS=1 HF_HUB_OFFLINE=1 exec .venv/bin/python -m tests.parity.report "$@"

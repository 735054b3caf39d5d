#!/bin/bash
# From a fresh checkout to answers: sets everything up, builds ogam, indexes sample media and searches it in Korean
# and English. Can be run again at any time; what is there already is not done twice.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly media=.cache/sample-media
readonly archive=.cache/demo-archive
readonly ogam=build/release/bin/ogam

say() {
  if [[ -t 1 && -z "${NO_COLOR:-}" ]]; then
    printf '\n\033[1mdemo: %s\033[0m\n' "$*"
  else
    printf '\ndemo: %s\n' "$*"
  fi
}
search() {
  printf '\n$ ogam search %s\n' "${*@Q}"
  "$ogam" search --archive "$archive" -k 3 "$@"
}

say "1/4 setting up (packages, Python environment, models)"
scripts/setup.sh

say "2/4 building (about ten minutes the first time on two cores)"
cmake --preset release -DOGAM_TESTS=OFF >/dev/null
cmake --build --preset release

say "3/4 indexing sample media"
.venv/bin/python scripts/sample_media.py "$media"
"$ogam" index --archive "$archive" "$media"

say "4/4 searching"
search "치타"
search "a rabbit in the grass"
search "서울역"
search "umbrella heavy rain"
search "색소폰 소리"

cat <<TEXT

Done after $SECONDS s. Try your own:
  $ogam index --archive my-archive ~/Videos
  $ogam search --archive my-archive "빨간 자동차"
TEXT

#!/usr/bin/env bash
# Fetches the headers that the delegate for TFLite is built against: TensorFlow Lite 2.14.1, and FlatBuffers, on which
# its table of operator names stands. They come from a newer release of Debian.
#
#   scripts/tflite_headers.sh [FOLDER]     default: build/tflite_headers
set -euo pipefail
cd "$(dirname "$0")/.."
if [[ $# -gt 1 || ${1:-} == -* ]]; then
  sed -n '2,5s/^# \{0,1\}//p' "$0"
  [[ ${1:-} == -h || ${1:-} == --help ]] && exit 0 || exit 2
fi
exec scripts/unpack_debian.sh "${1:-build/tflite_headers}" "$(dpkg --print-architecture)" forky \
  libtensorflow-lite-dev libflatbuffers-dev

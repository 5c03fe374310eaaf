#!/usr/bin/env bash
# Fetches ONNX Runtime's headers of version 1.23 from Debian and prints their folder, for
# -DTANDEM_ONNXRUNTIME_INCLUDE_DIR. Root is not needed; the system is not touched.
#
#   scripts/onnxruntime_headers.sh
set -euo pipefail
cd "$(dirname "$0")/.."
if [[ $# -gt 0 ]]; then
  sed -n '2,5s/^# \{0,1\}//p' "$0"
  [[ $1 == -h || $1 == --help ]] && exit 0 || exit 2
fi
# The release of Debian that carries this version.
scripts/unpack_debian.sh build/onnxruntime-headers "$(dpkg --print-architecture)" forky libonnxruntime-dev >&2
echo "$PWD/build/onnxruntime-headers/usr/include/onnxruntime"

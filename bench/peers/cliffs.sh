#!/usr/bin/env bash
# The cliffs of cliff_bench beside ONNX Runtime: fetches it from PyPI into build/peers/venv as compare.sh does, and runs
# cliffs.py.
#
#   build/release/bench/cliff_bench --isa=all --json build/peers/cliffs.json
#   bench/peers/cliffs.sh [--no-fetch] build/peers/cliffs.json [option...]
#     --no-fetch   installs nothing: uses the engine in build/peers/venv
#     option       of cliffs.py; --help lists them
set -euo pipefail
. "$(dirname -- "${BASH_SOURCE[0]}")/environment.sh"
environment cliffs.sh "$@"
exec "$python" "$here/cliffs.py" "${options[@]}"

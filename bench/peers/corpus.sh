#!/usr/bin/env bash
# Every layer of the corpus in Tandem, ONNX Runtime and XNNPACK: builds corpus_worker, fetches the engines from PyPI into
# build/peers/venv as compare.sh does, and runs corpus.py.
#
#   bench/peers/corpus.sh [--no-fetch] [option...]
#     --no-fetch   installs nothing: compares Tandem with the engines in build/peers/venv
#     option       of corpus.py; --help lists them
set -euo pipefail
. "$(dirname -- "${BASH_SOURCE[0]}")/environment.sh"
environment corpus.sh "$@"

# Drawing a stored result needs no Tandem, and --help needs no build.
case " ${options[*]} " in
  *" --from-json"* | *" --help "* | *" -h "* | *" --programs"*) ;;
  *)
    cmake --preset release >build/peers/configure.log || fail "the build could not be configured"
    cmake --build build/release --parallel "$(nproc)" --target corpus_worker || fail "the build failed"
    ;;
esac
exec "$python" "$here/corpus.py" "${options[@]}"

#!/usr/bin/env bash
# Tandem side by side with other engines: builds Tandem's worker, fetches the engines from PyPI into build/peers/venv
# (some 200 MB, the first time), and runs compare.py. An engine that cannot be fetched is left out, with a sentence.
#
#   bench/peers/compare.sh [--no-fetch] [option...]
#     --no-fetch   installs nothing: compares Tandem with the engines in build/peers/venv
#     option       of compare.py; --help lists them
set -euo pipefail
. "$(dirname -- "${BASH_SOURCE[0]}")/environment.sh"
environment compare.sh "$@"

# Drawing a stored comparison needs no Tandem, and --help needs no build.
case " ${options[*]} " in
  *" --from-json"* | *" --help "* | *" -h "* | *" --programs"*) ;;
  *)
    cmake --preset release -DTANDEM_ONEDNN_ROOT="$PWD/$venv" >build/peers/configure.log ||
      fail "the build could not be configured"
    cmake --build build/release --parallel "$(nproc)" --target tandem_worker network_bench || fail "the build failed"
    if [[ -f $venv/lib/libdnnl.so ]]; then
      cmake --build build/release --parallel "$(nproc)" --target onednn_worker ||
        echo "compare.sh: the worker of oneDNN cannot be built here" >&2
    else
      rm -f build/release/bench/peers/onednn_worker  # of a library that was here once
    fi
    ;;
esac
exec "$python" "$here/compare.py" "${options[@]}"

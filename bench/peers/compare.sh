#!/usr/bin/env bash
# Tandem side by side with other engines: builds Tandem's worker, fetches the engines from PyPI into build/peers/venv
# (some 200 MB, the first time), and runs compare.py. An engine that cannot be fetched is left out, with a sentence.
#
#   bench/peers/compare.sh [--no-fetch] [option...]
#     --no-fetch   installs nothing: compares Tandem with the engines in build/peers/venv
#     option       of compare.py; --help lists them
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
readonly here
cd -- "$here/../.."  # the options' paths are relative to the project's folder

fail() {
  printf 'compare.sh: %s\n' "$*" >&2
  exit 1
}

fetch=true
if [[ ${1:-} == --no-fetch ]]; then
  fetch=false
  shift
fi

readonly venv=build/peers/venv
python=$venv/bin/python
if ! "$python" -m pip --version >/dev/null 2>&1; then
  echo "Creating a virtual environment in $venv"
  python3 -m venv --clear "$venv" || fail "Python cannot create a virtual environment (Debian: python3-venv)"
fi
# missing: prints the requirements that are not installed in the wanted version.
missing() {
  local installed
  installed=$("$python" -m pip freeze --disable-pip-version-check)
  grep '==' "$here/requirements.txt" | grep --invert-match --line-regexp --fixed-strings "$installed" || true
}
install() { "$python" -m pip install --quiet --disable-pip-version-check --no-deps "$@"; }
readarray -t packages < <(missing)
if [[ $fetch == true && ${#packages[@]} -gt 0 ]]; then
  echo "Fetching ${#packages[@]} Python packages"
  # All at once is faster; one by one installs all that can be had.
  if ! install "${packages[@]}" 2>/dev/null; then
    for package in "${packages[@]}"; do
      install "$package" 2>/dev/null || echo "compare.sh: $package cannot be installed here" >&2
      # Without the network the other packages cannot be had either.
      [[ $package != numpy==* ]] || "$python" -c "import numpy" 2>/dev/null || break
    done
  fi
fi
"$python" -c "import numpy" 2>/dev/null || fail "the comparison itself needs numpy, which is not in $venv"

# Drawing a stored comparison needs no Tandem, and --help needs no build.
case " $* " in
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
exec "$python" "$here/compare.py" "$@"

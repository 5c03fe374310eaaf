#!/usr/bin/env bash
# Tandem side by side with other engines: builds Tandem's worker, fetches the engines from PyPI into build/peers/venv
# (some 150 MB, the first time), and runs compare.py. An engine that cannot be had is left out, with a sentence.
#
#   bench/peers/compare.sh [option...]     --help lists the options
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
readonly here
cd -- "$here/../.."  # the options' paths are relative to the project's folder

fail() {
  printf 'compare.sh: %s\n' "$*" >&2
  exit 1
}

python=build/peers/venv/bin/python
if ! "$python" -m pip --version >/dev/null 2>&1; then
  echo "Creating a virtual environment in build/peers/venv"
  python3 -m venv --clear build/peers/venv || fail "Python cannot create a virtual environment (Debian: python3-venv)"
fi
# missing: the requirements that are not installed in the version that is asked for.
missing() {
  local installed
  installed=$("$python" -m pip freeze --disable-pip-version-check)
  grep '==' "$here/requirements.txt" | grep --invert-match --line-regexp --fixed-strings "$installed" || true
}
install() { "$python" -m pip install --quiet --disable-pip-version-check --no-deps "$@"; }
readarray -t packages < <(missing)
if [[ ${#packages[@]} -gt 0 ]]; then
  echo "Fetching ${#packages[@]} Python packages"
  # All at once is faster; one by one, what can be had is had.
  if ! install "${packages[@]}" 2>/dev/null; then
    for package in "${packages[@]}"; do
      install "$package" 2>/dev/null || echo "compare.sh: $package cannot be installed here" >&2
    done
  fi
fi

# A stored comparison is drawn without Tandem, and nothing is built to say --help.
case " $* " in
  *" --from-json"* | *" --help "* | *" -h "* | *" --programs"*) ;;
  *)
    cmake --preset release >build/peers/configure.log || fail "the build could not be configured"
    cmake --build build/release --parallel "$(nproc)" --target tandem_worker || fail "the build failed"
    ;;
esac
exec "$python" "$here/compare.py" "$@"

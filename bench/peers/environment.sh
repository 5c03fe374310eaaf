# shellcheck shell=bash
# Sourced by cliffs.sh, compare.sh and corpus.sh: goes to the project's folder, to which the paths among the options are
# relative, and makes the Python environment with the other engines.
#
#   environment <script's name> [--no-fetch] [option...]   sets `python`, and `options` to the options; ends the script if
#                                                          there is no numpy
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
readonly here
cd -- "$here/../.."
readonly venv=build/peers/venv
readonly requirements=bench/peers/requirements.txt
python=$venv/bin/python

fail() {
  printf '%s: %s\n' "$script" "$*" >&2
  exit 1
}

# missing: prints the requirements that are not installed in the wanted version.
missing() {
  local installed
  installed=$("$python" -m pip freeze --disable-pip-version-check)
  grep '==' "$requirements" | grep --invert-match --line-regexp --fixed-strings "$installed" || true
}
install() { "$python" -m pip install --quiet --disable-pip-version-check --no-deps "$@"; }

environment() {
  script=$1
  shift
  local fetch=true
  if [[ ${1:-} == --no-fetch ]]; then
    fetch=false
    shift
  fi
  options=("$@")
  if ! "$python" -m pip --version >/dev/null 2>&1; then
    echo "Creating a virtual environment in $venv"
    python3 -m venv --clear "$venv" || fail "Python cannot create a virtual environment (Debian: python3-venv)"
  fi
  local packages package
  readarray -t packages < <(missing)
  if [[ $fetch == true && ${#packages[@]} -gt 0 ]]; then
    echo "Fetching ${#packages[@]} Python packages"
    # All at once is faster; one by one installs all that can be had.
    if ! install "${packages[@]}" 2>/dev/null; then
      for package in "${packages[@]}"; do
        install "$package" 2>/dev/null || echo "$script: $package cannot be installed here" >&2
        # Without the network the other packages cannot be had either.
        [[ $package != numpy==* ]] || "$python" -c "import numpy" 2>/dev/null || break
      done
    fi
  fi
  "$python" -c "import numpy" 2>/dev/null || fail "the comparison itself needs numpy, which is not in $venv"
}

#!/usr/bin/env bash
# A Python virtual environment with exactly the packages that a list names.
#
#   scripts/python_environment.sh FOLDER LIST
#     LIST    requirements with their versions, complete: installed with --no-deps
#
# Does nothing when FOLDER holds them. Exit code 3: a package cannot be fetched.
set -euo pipefail
if [[ $# -ne 2 ]]; then
  sed -n '2,7s/^# \{0,1\}//p' "$0"
  [[ ${1:-} == -h || ${1:-} == --help ]] && exit 0 || exit 2
fi
readonly folder=$1 list=$2

# Written last: a folder left halfway is made anew.
readonly complete=$folder/complete.txt
if [[ -f $complete ]] && cmp --silent "$list" "$complete"; then
  exit 0
fi
echo "Python packages of $list into $folder"
python3 -m venv --clear "$folder" || {
  echo "python_environment.sh: Python cannot create a virtual environment (Debian: python3-venv)" >&2
  exit 1
}
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: --requirement "$list" || exit 3
cp "$list" "$complete"

#!/usr/bin/env bash
# Builds the Python package tandem-kernels: one wheel for every Python on this architecture.
#
#   scripts/build_wheel.sh [FOLDER]     default: build/wheel; the wheel replaces older ones there
#
# The plug-ins are built in build/release, whose object files they share with the library. The name of the wheel tells the
# oldest C library that it runs on, which auditwheel finds out. The last line printed is the path of the wheel. Exit code 3:
# the tools cannot be fetched from PyPI.
set -euo pipefail
if [[ $# -gt 1 || ${1:-} == -* ]]; then
  sed -n '2,9s/^# \{0,1\}//p' "$0"
  [[ ${1:-} == -h || ${1:-} == --help ]] && exit 0 || exit 2
fi
folder=$(realpath --canonicalize-missing -- "${1:-build/wheel}")
readonly folder
cd "$(dirname "$0")/.."

readonly requirements=engines/python/requirements/build.txt
scripts/onnxruntime_headers.sh >/dev/null
scripts/tflite_headers.sh
cmake --preset release -DTANDEM_BUILD_ENGINES=ON >/dev/null
cmake --build build/release --parallel "$(nproc)" --target tandem_onnxruntime tandem_tflite

scripts/python_environment.sh build/wheel-tools "$requirements"
mkdir -p "$folder"
rm -f "$folder"/tandem_kernels-*.whl
made=$(mktemp --directory)
trap 'rm -rf "$made"' EXIT
# The tools of the environment alone: nothing is fetched for this.
PATH=$PWD/build/wheel-tools/bin:$PATH build/wheel-tools/bin/python -m pip wheel . --quiet --disable-pip-version-check --no-deps \
  --no-build-isolation --wheel-dir "$made" --config-settings=cmake.define.TANDEM_PLUGINS_FROM="$PWD/build/release/engines"
PATH=$PWD/build/wheel-tools/bin:$PATH build/wheel-tools/bin/python -m auditwheel repair --plat auto --strip \
  --wheel-dir "$folder" "$made"/tandem_kernels-*.whl
ls "$folder"/tandem_kernels-*.whl

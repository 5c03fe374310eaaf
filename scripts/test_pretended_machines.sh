#!/usr/bin/env bash
# Runs the tests of the release build as if on other machines, on one ISA.
#
#   scripts/test_pretended_machines.sh [machines | rows [NAME...]]
#     machines  those of tests/pretended_machines.cpp (TANDEM_TEST_MACHINE)
#     rows      those of src/machine/microarchitecture.cpp (TANDEM_MACHINE)
#     NAME      one of these; default: all
#
# A pretended machine has other caches, rates and workers: a test that fails on one of them expects a decision of the
# planner without naming the machine. A row has other register tiles as well: weights are packed and kernels chosen for
# it. That its bits are those of this CPU's own row is tested by network_test and property_test, on each ISA.
# Rows run a fortieth of the sweeps of the operators with weights, because nothing else is packed or has tiles by row.
# TANDEM_TEST_STEP=7 runs a seventh of all sweeps, 1 the whole suite.
set -euo pipefail
cd "$(dirname "$0")/.."

tests=build/release/tests
# Any program refuses a name that is none, and lists the others.
mapfile -t machines < <(TANDEM_TEST_MACHINE=none "$tests/status_test" 2>&1 | tail -n +2)
[[ ${#machines[@]} -gt 0 ]] || { echo "$tests/status_test lists no machines" >&2; exit 1; }
mapfile -t rows < <(TANDEM_MACHINE=none "$tests/explained" 2>&1 | sed -n 's/.*the valid names are //; s/, /\n/gp')
[[ ${#rows[@]} -gt 1 ]] || { echo "$tests/explained lists no rows of microarchitectures" >&2; exit 1; }

TANDEM_ISA=$("$tests/isa_names" | head -n 1)  # the first that TANDEM_ISA allows: the fastest if it is unset
export TANDEM_ISA

run_tests() {
  ctest --preset release --no-tests=error --parallel "$(nproc)" "$@"
}

# Tests that check plans run in full. Tests that compare outputs with the reference try every candidate on any machine,
# so a part of them is enough. The others see neither a plan nor packed weights.
looks='^(allocation|c_api|concurrency|cost|determinism|executor|planner|sequence|tasks|validation)_test$'
packs='^(conv2d|conv_transpose2d|depthwise|fully_connected|inverted_residual|network|planner|pointwise|property|separable|squeeze_excite)_test$'
no_plan='^(batch_norm|classify|corpus|isa|kernel|kernel_matrix|reference|status|thread_limit|tiling|workspace)_test$'

on_machine() {
  local failed=0
  export TANDEM_TEST_MACHINE=$1
  TANDEM_TEST_COUNT=10 run_tests --label-regex unit --tests-regex "$looks" || failed=1
  TANDEM_TEST_COUNT=5 TANDEM_TEST_STEP=7 GTEST_FILTER='-Networks/*' \
    run_tests --label-regex unit --exclude-regex "$looks|$no_plan" || failed=1
  return "$failed"
}

on_row() {
  local step=${TANDEM_TEST_STEP:-40} chosen=(--exclude-regex "$no_plan")
  [[ -n ${TANDEM_TEST_STEP:-} ]] || chosen=(--tests-regex "$packs")
  export TANDEM_MACHINE=$1 TANDEM_TEST_STEP=$step TANDEM_TEST_COUNT=$((1 + 100 / step))
  export TANDEM_PROPERTY_COUNT=$((20000 / step))
  GTEST_FILTER='-Networks/*:*NoMachineChangesABit*' run_tests --label-regex 'unit|property' "${chosen[@]}"
}

# on_each FUNCTION VARIABLE NAME...
on_each() {
  local test=$1 variable=$2 name failed=0
  shift 2
  for name in "$@"; do
    echo "$variable=$name"
    ("$test" "$name") || failed=1
  done
  return "$failed"
}

chosen=${1:-both}
shift || true
failed=0
case $chosen in
  both | machines | rows) ;;
  *) echo "test_pretended_machines.sh: \"$chosen\" is neither machines nor rows" >&2; exit 2 ;;
esac
[[ $chosen == rows ]] || on_each on_machine TANDEM_TEST_MACHINE "${@:-${machines[@]}}" || failed=1
[[ $chosen == machines ]] || on_each on_row TANDEM_MACHINE "${@:-${rows[@]}}" || failed=1
exit "$failed"

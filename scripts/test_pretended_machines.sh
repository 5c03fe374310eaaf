#!/usr/bin/env bash
# Runs the unit tests of the release build as if on each machine of tests/pretended_machines.cpp, on one ISA. A test
# that fails on one of them expects a decision of the planner without naming the machine.
#
#   scripts/test_pretended_machines.sh [MACHINE...]
set -euo pipefail
cd "$(dirname "$0")/.."

tests=build/release/tests
machines=("$@")
if [[ $# -eq 0 ]]; then  # any test program refuses a name that is none, and lists the others, one a line
  mapfile -t machines < <(TANDEM_TEST_MACHINE=none "$tests/status_test" 2>&1 | tail -n +2)
fi
[[ ${#machines[@]} -gt 0 ]] || { echo "$tests/status_test lists no machines" >&2; exit 1; }

TANDEM_ISA=$("$tests/isa_names" | head -n 1)  # the first that TANDEM_ISA allows: the fastest if it is unset
export TANDEM_ISA

unit_tests() {
  ctest --preset release --no-tests=error --parallel "$(nproc)" --label-regex unit "$@"
}

# Tests that check plans run in full. Tests that compare outputs with the reference try every candidate on any machine,
# so a part of them is enough.
looks='^(allocation|c_api|concurrency|cost|determinism|executor|planner|sequence|tasks|validation)_test$'
no_plan='^(batch_norm|classify|isa|kernel|kernel_matrix|reference|status|thread_limit|tiling|workspace)_test$'
failed=0
for machine in "${machines[@]}"; do
  export TANDEM_TEST_MACHINE=$machine
  echo "TANDEM_TEST_MACHINE=$machine"
  TANDEM_TEST_COUNT=10 unit_tests --tests-regex "$looks" || failed=1
  TANDEM_TEST_COUNT=5 TANDEM_TEST_STEP=7 GTEST_FILTER='-Networks/*' \
    unit_tests --exclude-regex "$looks|$no_plan" || failed=1
done
exit "$failed"

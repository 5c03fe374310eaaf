#!/usr/bin/env bash
# Asks llvm-mca about the kernels' hot loops, also for CPUs that are not at hand: cycles, share of the FMA peak, bound.
# For the CPU at hand it adds the measured share.
#
#   scripts/analyse_kernels.sh     compiles the kernels and writes docs/kernel_analysis.md; needs a quiet machine
set -euo pipefail
case ${1:-} in
  -h | --help) sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 0 ;;
  ?*) echo "analyse_kernels.sh: unknown argument \"$1\"; see --help" >&2; exit 2 ;;
esac
cd "$(dirname "$0")/.."
scripts/install_dependencies.sh --test llvm-19
mkdir -p build/analysis

# cross <preset> [option...]: compiles the NEON kernels alone, which takes no library for 64-bit ARM.
cross() {
  local preset=$1
  shift
  cmake --preset "$preset" -B "build/analysis/$preset" -DTANDEM_WITH_TBB=OFF -DTANDEM_BUILD_TESTS=OFF \
    -DTANDEM_BUILD_BENCHES=OFF -DTANDEM_BUILD_EXAMPLES=OFF "$@" >/dev/null
  cmake --build "build/analysis/$preset" --parallel "$(nproc)" --target tandem_isa_neon \
    tandem_isa_neondot tandem_isa_neoni8mm
}
cross aarch64
# Clang would inline the tiles into their callers, where they have no symbol. The loops stay the same.
cross aarch64-clang -DCMAKE_CXX_FLAGS=-finline-hint-functions

cmake --preset release >/dev/null
cmake --build build/release --parallel "$(nproc)" --target kernel_loops isa_names tandem_isa_avx2 tandem_isa_avx512
measured=()
for isa in $(build/release/tests/isa_names | grep -E '^avx'); do
  echo "Timing the loops of $isa ..."
  TANDEM_ISA=$isa build/release/bench/kernel_loops >"build/analysis/$isa.json"
  measured+=("build/analysis/$isa.json")
done
python3 scripts/analyse_kernels.py --output docs/kernel_analysis.md --measured "${measured[@]}"
echo "Written: docs/kernel_analysis.md"

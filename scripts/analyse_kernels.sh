#!/usr/bin/env bash
# What llvm-mca says of the kernels' hot loops, for CPUs that are not at hand: cycles, share of the FMA peak, bound.
#
#   scripts/analyse_kernels.sh     compiles the kernels and writes docs/kernel_analysis.md
set -euo pipefail
case ${1:-} in
  -h | --help) sed -n '2,4s/^# \{0,1\}//p' "$0"; exit 0 ;;
  ?*) echo "analyse_kernels.sh: unknown argument \"$1\"; see --help" >&2; exit 2 ;;
esac
cd "$(dirname "$0")/.."
scripts/install_dependencies.sh --test llvm-19

# objects <preset> <isa>...: compiles these kernels alone.
objects() {
  local preset=$1 isa targets=()
  shift
  for isa in "$@"; do targets+=("tandem_isa_$isa"); done
  cmake --preset "$preset" >/dev/null
  cmake --build "build/$preset" --parallel "$(nproc)" --target "${targets[@]}"
}
objects release avx2 avx512
objects aarch64 neon
python3 scripts/analyse_kernels.py --output docs/kernel_analysis.md
echo "Written: docs/kernel_analysis.md"

#!/usr/bin/env bash
# No file of the library can be compiled with arithmetic that loses NaN or the order of sums: each ends with one sentence.
#
#   floating_point.sh <C++ compiler> <source folder> <folder of generated headers> <include folder of xsimd>
set -euo pipefail

cxx=$1 source=$2 generated=$3 xsimd=$4
cd "$source"
sentence="Tandem cannot be compiled with -ffast-math"

# preprocess <file> <flag>: its errors
preprocess() {
  "$cxx" -std=c++20 -E -o /dev/null -I. -Iinclude -I"$generated" -idirafter "$xsimd" -DTANDEM_WITH_TBB=0 "$2" "$1" 2>&1 || true
}

failed=0
count=0
while read -r file; do
  count=$((count + 1))
  if ! preprocess "$file" -ffast-math | grep "$sentence" >/dev/null; then
    echo "FAIL: $file can be compiled with -ffast-math; include kernels/floating_point.hpp" >&2
    failed=1
  fi
done < <(find src kernels/isa -name '*.cpp' ! -name 'neon*' | sort)
[[ $count -ge 40 ]] || { echo "FAIL: only $count files were looked at" >&2; exit 1; }

for flag in -Ofast -ffinite-math-only; do
  preprocess src/base/convert.hpp "$flag" | grep "$sentence" >/dev/null || { echo "FAIL: $flag is not seen" >&2; failed=1; }
done
[[ $failed -eq 0 ]] && echo "none of $count files can be compiled with -ffast-math"
exit "$failed"

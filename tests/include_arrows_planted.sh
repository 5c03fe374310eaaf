#!/usr/bin/env bash
# include_arrows.sh must be able to fail: it is shown a small tree that is right, then one fault after the other.
#
#   include_arrows_planted.sh <scratch folder>
set -euo pipefail
test=$(dirname "$(realpath "$0")")/include_arrows.sh
tree=$1/include_arrows

# plant <file> <line> <expected message, or nothing>
plant() {
  rm -rf "$tree"
  mkdir -p "$tree"/src/{plan,run} "$tree"/kernels "$tree"/include/tandem "$(dirname "$tree/$1")"
  echo '#include <oneapi/tbb/task_arena.h>' >"$tree/src/run/executor_tbb.cpp"
  echo '#include "kernels/kernel_table.hpp"' >"$tree/src/plan/right.hpp"
  echo '#include <xsimd/xsimd.hpp>' >"$tree/kernels/right.inl.hpp"
  echo '#include "tandem/status.hpp"' >"$tree/include/tandem/right.hpp"
  echo "$2" >>"$tree/$1"
  local output status=0
  output=$(bash "$test" "$tree" 2>&1) || status=$?
  if [[ -z $3 ]]; then
    [[ $status -eq 0 ]] || { echo "FAIL: a right tree was refused: $output" >&2; exit 1; }
  elif [[ $status -eq 0 || $output != *"$3"* ]]; then
    echo "FAIL: $1 with '$2' gave '$output' instead of '$3'" >&2
    exit 1
  fi
}

plant src/stages/right.cpp '#include "src/plan/right.hpp"' ''
plant src/plan/planted.cpp '#include "src/weights/pack.hpp"' 'src/plan/planted.cpp must not include src/weights/pack.hpp'
plant src/run/planted.cpp '#  include "kernels/kernel_table.hpp"' 'must not include kernels/kernel_table.hpp'
plant src/plan/planted.cpp '#include "kernels/gemm.inl.hpp"' 'must not include kernels/gemm.inl.hpp'
plant src/plan/planted.cpp '#include "right.hpp"' 'must not include right.hpp'
plant src/plan/planted.cpp '#include <xsimd/xsimd.hpp>' 'must not include xsimd/xsimd.hpp'
plant kernels/planted.inl.hpp '#include "src/base/error.hpp"' 'must not include src/base/error.hpp'
plant include/tandem/planted.hpp '#include "kernels/isa_list.hpp"' 'must not include kernels/isa_list.hpp'
plant src/stages/planted.cpp '#include <tbb/parallel_for.h>' 'alone includes oneTBB, but it is in: '
plant src/planted.cpp '' 'src/planted.cpp lies in none of the rooms'
plant src/attic/planted.cpp '' 'src/attic/planted.cpp lies in none of the rooms'
echo "every planted fault was seen"

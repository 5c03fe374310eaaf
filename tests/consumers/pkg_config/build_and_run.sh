#!/usr/bin/env bash
# The installed package through pkg-config: a C++ program with and without --static, and a C program, which --static lets
# a C compiler link without knowing that the archive is C++.
#
#   build_and_run.sh <pkg-config> <C compiler> <C++ compiler> <folder of tandem.pc> <folder to build in>
set -euo pipefail

pkg_config=$1 cc=$2 cxx=$3 pc_dir=$4 out=$5
export PKG_CONFIG_PATH=$pc_dir
export LD_LIBRARY_PATH=$pc_dir/..  # where a shared Tandem lies
consumers=$(cd "$(dirname "$0")/.." && pwd)
rm -rf "$out"
mkdir -p "$out"

# expect <program> <what its output must hold>
expect() {
  local output
  output=$("$out/$1")
  echo "$1: $output"
  [[ $output == *"$2"* ]] || { echo "FAIL: expected \"$2\"" >&2; exit 1; }
}

echo "pkg-config $("$pkg_config" --modversion tandem): $("$pkg_config" --static --cflags --libs tandem)"
eval "flags=($("$pkg_config" --cflags --libs tandem))"  # a folder may have a space in its name, quoted
eval "static_flags=($("$pkg_config" --static --cflags --libs tandem))"
"$cxx" -std=c++17 "$consumers/find_package/main.cpp" -o "$out/cxx" "${flags[@]}"
expect cxx "44 66 99"
"$cxx" -std=c++17 "$consumers/find_package/main.cpp" -o "$out/cxx_static" "${static_flags[@]}"
expect cxx_static "44 66 99"
"$cc" -std=c99 "$consumers/c99/main.c" -o "$out/c_static" "${static_flags[@]}"
expect c_static "4 6 6 4"

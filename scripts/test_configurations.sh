#!/usr/bin/env bash
# Builds Tandem as other projects do, in few and cheap builds, and holds it to what the release build does.
#
#   scripts/test_configurations.sh [NAME...]    parent shared clang14 libcxx musl; all if none is given
#
#     parent    in a project with flags, an oneTBB, an xsimd and an export of its own; needs build/release for comparison
#     shared    as a shared library, optimised at link time, in a folder with a space in its name
#     clang14   with the oldest Clang, which is Debian 12's
#     libcxx    with libc++
#     musl      the C header with musl; Debian has no C++ library for it
set -euo pipefail
cd "$(dirname "$0")/.."

jobs=$(nproc)
builds=build/configurations

# These builds omit debugging information and much optimisation, which take most of the time of the kernels. The library
# outside the kernels is compiled as few files.
quick=(-G Ninja -DCMAKE_BUILD_TYPE=Debug "-DCMAKE_CXX_FLAGS_DEBUG=-O0" -DCMAKE_UNITY_BUILD=ON -DTANDEM_BUILD_BENCHES=OFF
  -DTANDEM_BUILD_EXAMPLES=OFF -DTANDEM_WARNINGS_AS_ERRORS=ON)

fail() {
  echo "FAIL: $1" >&2
  exit 1
}

# at_level <level>: the option for that
at_level() {
  echo "-DCMAKE_CXX_COMPILER_LAUNCHER=$PWD/scripts/optimise_less.sh;$1"
}

# scalar is the plainest ISA, avx2 the one nearest to the flags of the parent.
isas="scalar"
[[ $(uname -m) != x86_64 ]] || isas="avx2;scalar"

parent() {
  local build=$builds/parent expected actual isa objects
  cmake -S tests/consumers/parent -B "$build" -G Ninja -DTANDEM_SOURCE="$PWD" "$(at_level -O1)" "-DTANDEM_ISAS=$isas" \
    --log-level=WARNING
  cmake --build "$build" --parallel "$jobs"

  # The same program, compiled as the release build is.
  ${CXX:-c++} -std=c++17 -O2 -Iinclude tests/consumers/parent/main.cpp build/release/src/libtandem.a -ltbb -pthread \
    -o "$build/as_release"
  expected=$("$build/as_release" | grep -E "^(${isas//;/|}|special) ")
  actual=$("$build/consumer") || fail "in a parent's build: $actual"
  echo "$actual"
  [[ $actual == "$expected" ]] || fail "a parent's flags change results, which should be: $expected"

  if [[ $isas == *avx2* ]]; then
    for isa in avx2 scalar; do
      mapfile -t objects < <(find "$build/tandem/kernels" -path "*tandem_isa_$isa.dir*" -name '*.o')
      bash tests/objects/isa_symbols.sh nm "$isa" "${objects[@]}"
      bash tests/objects/isa_instructions.sh objdump "$isa" "${objects[@]}"
    done
    find "$build/tandem/src" -name '*.o' -print0 | xargs -0 bash tests/objects/isa_instructions.sh objdump baseline
  fi
  DESTDIR="$PWD/$build/destdir" cmake --install "$build" --prefix /usr >/dev/null
  [[ -f $build/destdir/usr/lib/cmake/parent/parent.cmake ]] || fail "the parent's export is not installed"
}

shared() {
  local build="$builds/shared library" library leaked
  cmake -S . -B "$build" "${quick[@]}" -DBUILD_SHARED_LIBS=ON -DCMAKE_INTERPROCEDURAL_OPTIMIZATION=ON \
    -DCMAKE_SHARED_LINKER_FLAGS=-ffast-math "$(at_level -O1)" "-DTANDEM_ISAS=$isas" --log-level=WARNING
  cmake --build "$build" --parallel "$jobs" --target tandem status_test
  (cd "$build" && ctest --output-on-failure --tests-regex \
    '^(visible_names|isa_symbols_[a-z0-9]*[^d]|isa_instructions_[a-z0-9]*2|status_test|package_install|[a-z]*_extract|consumer_(c99|find_package|pkg_config))$')
  library=$build/src/libtandem.so
  readelf --dynamic "$library" | grep -E 'SONAME.*libtandem\.so\.[0-9]+' || fail "no soname"
  if readelf --syms --wide "$library" | grep set_fast_math; then fail "the library makes denormals zero when it is loaded"; fi
  # Functions of the ISA may use it, and no other.
  if [[ $isas == *avx2* ]]; then
    leaked=$(objdump --disassemble --demangle --no-show-raw-insn "$library" |
      awk '/^[0-9a-f]+ </ { inside = /kernels::avx2|kernels5avx2/; name = $0 } !inside && /%ymm|\tv[a-z0-9]+ .*%xmm/ { print name; print }' | head)
    [[ -z $leaked ]] || fail "code for AVX2 outside its kernels: $leaked"
  fi
}

clang14() {
  cmake -S . -B $builds/clang14 "${quick[@]}" -DCMAKE_C_COMPILER=clang-14 -DCMAKE_CXX_COMPILER=clang++-14 \
    -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON "-DTANDEM_ISAS=$isas" "$(at_level -O0)" --log-level=WARNING
  cmake --build $builds/clang14 --parallel "$jobs" --target tandem tandem_header_check status_test
  $builds/clang14/tests/status_test --gtest_brief=1
  clang++-14 -std=c++17 -Iinclude tests/consumers/parent/main.cpp $builds/clang14/src/libtandem.a -ltbb -pthread \
    -o $builds/clang14/consumer
  $builds/clang14/consumer
}

# Its headers include each other differently than libstdc++'s.
libcxx() {
  cmake -S . -B $builds/libcxx "${quick[@]}" -DCMAKE_C_COMPILER=clang-19 -DCMAKE_CXX_COMPILER=clang++-19 \
    -DCMAKE_CXX_FLAGS=-stdlib=libc++ -DTANDEM_WITH_TBB=OFF -DTANDEM_ISAS=scalar "$(at_level -O0)" --log-level=WARNING
  cmake --build $builds/libcxx --parallel "$jobs" --target explained
  $builds/libcxx/tests/explained
}

musl() {
  musl-gcc -std=c99 -Wall -Wextra -Wpedantic -Werror -Iinclude -fsyntax-only tests/consumers/c99/main.c
}

[[ $# -gt 0 ]] || set -- parent shared clang14 libcxx musl
for name in "$@"; do
  start=$SECONDS
  "$name"
  echo "configuration $name: $((SECONDS - start)) s"
done

#!/usr/bin/env bash
# Builds Tandem and runs all its test suites, on each ISA that this CPU has; fails if anything failed.
#
#   scripts/test.sh [--all | --aarch64 | --xsimd | --others] [--isa NAME]
#     --all        also what CI tests: every random layer, the benchmarks, ONNX Runtime and LiteRT with Tandem inside,
#                  pretended machines, sanitizers, fuzzing, Clang, other projects' flags, emulated CPUs, formatting, clang-tidy
#     --aarch64    only what concerns 64-bit ARM: both compilers, tests on an emulated Cortex-A53, the tarball for devices
#     --xsimd      only the builds with the newest xsimd, fetched from Debian: without oneTBB, and Clang's for 64-bit ARM
#     --others     only AVX-512 in an emulator
#     --isa NAME   tests with this ISA alone (as TANDEM_ISA=NAME does)
#
# Leaves its builds in build/<preset>, so that a second run is fast.
set -euo pipefail
cd "$(dirname "$0")/.."

jobs=$(nproc)
chosen=
xsimd_release=forky  # the release of Debian that carries it: 14.3 as of this writing, beside 8.1 of Debian 12
while [[ $# -gt 0 ]]; do
  case $1 in
    --all | --aarch64 | --xsimd | --others) chosen=$1 ;;
    --isa)
      [[ $# -ge 2 ]] || { echo "test.sh: --isa needs a name" >&2; exit 2; }
      export TANDEM_ISA=$2
      shift
      ;;
    -h | --help) sed -n '2,12s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "test.sh: unknown argument \"$1\"; see --help" >&2; exit 2 ;;
  esac
  shift
done

scratch=$(mktemp --directory)
trap 'rm -rf "$scratch"' EXIT
touch "$scratch/results"

# section <title> <function>: runs the function in a subshell that stops at its first error, notes a failure and goes
# on, so that one run shows all failures. Keeps the closing lines of ctest and the lines about skipped tests for the end.
# Never call it in a condition (`section ... ||`): bash then ignores `set -e` in everything that it calls.
section() {
  local title=$1 start=$SECONDS log=$scratch/$2.log status result=passed
  printf '\n===== %s (%d:%02d since the start)\n' "$title" $((SECONDS / 60)) $((SECONDS % 60))
  set +e
  (
    set -e
    "$2"
  ) 2>&1 | tee "$log"
  status=${PIPESTATUS[0]}
  set -e
  [[ $status -eq 0 ]] || result=FAILED
  {
    echo "$result  $title, $((SECONDS - start)) s"
    grep -E '^([0-9]+% tests passed|skipped: )' "$log" | sed 's/^/          /' || true
  } >"$log.result"
  cat "$log.result" >>"$scratch/results"
}

failures() { grep -c '^FAILED' "$scratch/results" || true; }

# lane <function>...: the sections that no other lane has begun. A section is printed as a whole when it has ended.
lane() {
  local function
  for function in "$@"; do
    mkdir "$scratch/$function" 2>/dev/null || continue
    echo "----- begins: ${titles[$function]}"
    section "${titles[$function]}" "$function" >"$scratch/$function/output"
    flock "$scratch" cat "$scratch/$function/output"
  done
}

# Prints the last line of each section that runs, once a minute.
progress() {
  local function
  while sleep 60; do
    for function in "$@"; do
      [[ ! -f $scratch/$function/output || -f $scratch/$function.log.result ]] ||
        printf -- '----- %d:%02d %s: %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$function" \
          "$(tail -n 1 "$scratch/$function/output" | cut -c 1-100)"
    done
  done
}

# side_by_side <functions> <function>...: two lanes. One begins with the first argument, several sections that share a build
# folder; both take what is left of the others. In a single lane a processor would wait wherever a section does one thing at
# a time: configures, links, runs its last test. Each lane has a job for each processor: the work is the same, the memory
# twice as much.
side_by_side() {
  local chain other ticks
  read -ra chain <<<"$1"
  shift
  set -m  # process groups of their own, which end with this script
  lane "$@" </dev/null &
  other=$!
  progress "${chain[@]}" "$@" </dev/null &
  ticks=$!
  set +m
  trap 'kill -- -'"$other -$ticks"' 2>/dev/null; rm -rf "$scratch"' EXIT
  lane "${chain[@]}" "$@"
  wait "$other" || echo "FAILED  the other lane of sections" >>"$scratch/results"
  kill -- "-$ticks"
  trap 'rm -rf "$scratch"' EXIT
}

# For builds that only have to run: several files of the library at a time. That each stands for itself is seen with g++.
together=-DCMAKE_UNITY_BUILD=ON

# build <preset> [configure option...]
build() {
  local preset=$1
  shift
  cmake --preset "$preset" "$@"
  cmake --build "build/$preset" --parallel "$jobs"
}

check_isa() {
  cmake --preset release
  cmake --build build/release --parallel "$jobs" --target isa_names
  echo "ISAs to test, of those that this CPU has:"
  build/release/tests/isa_names
}

# A newcomer's: the tests alone, a part of the random layers, and half of the sweeps.
release() {
  if [[ $chosen == --all ]]; then
    # With the graph library of the engines and its tests; the plug-ins follow in their own section.
    build release -DTANDEM_BUILD_ENGINES=ON
    ctest --preset release --parallel "$jobs"
  else
    cmake --preset release
    cmake --build build/release --parallel "$jobs" --target tests/all
    TANDEM_PROPERTY_COUNT=5000 TANDEM_TEST_STEP=2 ctest --preset release --parallel "$jobs" --label-exclude programs
  fi
}

# Each ISA chosen the way a user does it. The release tests swept over all of them, so that the way in and other random
# layers are enough.
each_isa() {
  local isas isa failed=0
  isas=$(build/release/tests/isa_names)
  for isa in $isas; do
    echo "TANDEM_ISA=$isa"
    TANDEM_ISA=$isa TANDEM_PROPERTY_SEED=30001 TANDEM_PROPERTY_COUNT=1000 ctest --preset release --parallel "$jobs" \
      --tests-regex '^(c_api|isa|property|semantics)_test$' || failed=1
  done
  return "$failed"
}

fastest_isa() {
  build/release/tests/isa_names | head -n 1
}

# The ISA for sanitizers: the fastest but AVX-512, which takes them three times as long to compile as AVX2; AVX-512 if
# --isa names it. AVX-VNNI has AVX2's kernels but for 8 bits.
sanitized_isa() {
  local isas
  isas=$(build/release/tests/isa_names)
  grep -v '^avx512' -m 1 <<<"$isas" || echo "$isas"
}

# isas_to_build <isa>: for -DTANDEM_ISAS, with what that ISA needs.
isas_to_build() {
  case $1 in
    avx512vnni) echo "avx512vnni;avx512;scalar" ;;
    avxvnni) echo "avxvnni;avx2;scalar" ;;
    neondot | neoni8mm) echo "$1;neon;scalar" ;;
    *) echo "$1;scalar" ;;
  esac
}

# On one ISA: what the others read and write is held by the guard pages of the release tests, on each of them. The scalar
# kernels, which every build has, are not instrumented, since that would take another minute to compile. What g++ makes of the
# newest xsimd, and of a library without oneTBB, is seen on the way.
asan() {
  local isa isas xsimd
  isa=$(sanitized_isa)
  xsimd=$(newest_xsimd)
  isas=$(isas_to_build "$isa")
  cmake --preset asan "$together" -DTANDEM_ISAS="$isas" -DTANDEM_SANITIZE_KERNELS="${isas%;scalar}" \
    -DTANDEM_BUILD_ENGINES=ON -DTANDEM_WITH_TBB=OFF -Dxsimd_DIR="$xsimd" -DTANDEM_BUILD_EXAMPLES=OFF
  cmake --build build/asan --parallel "$jobs" --target tests/all
  TANDEM_ISA=$isa TANDEM_PROPERTY_COUNT=2000 TANDEM_GRAPH_COUNT=700 TANDEM_TEST_STEP=7 \
    ctest --preset asan --parallel "$jobs" --label-regex 'unit|property'
}

# The tests that run on several threads, on the ISA that takes least to compile: sharing work does not depend on it.
tsan() {
  cmake --preset tsan "$together" -DTANDEM_ISAS=scalar -DTANDEM_BUILD_ENGINES=ON
  cmake --build build/tsan --parallel "$jobs" --target concurrency_test executor_test graph_test sequence_test tasks_test
  ctest --preset tsan --parallel "$jobs" --tests-regex '^(concurrency|executor|graph|sequence|tasks)_test$'
}

# The tests that expect something of a plan hold on every machine, not only on this one, and all operators on every row of
# microarchitectures.
pretended_machines() {
  scripts/test_pretended_machines.sh
}

# Hostile parameters: those in the repository, then a short search from them, in which no two runs are quite alike.
# The ISA is the one that no other section builds with Clang. HACKING.md has the commands for longer searches.
fuzz() {
  local isas=scalar
  [[ $(uname -m) != x86_64 ]] || isas="sse41;scalar"
  build fuzz "$together" "-DTANDEM_ISAS=$isas"
  rm -rf build/fuzz/found
  mkdir -p build/fuzz/found/{1,2}
  export UBSAN_OPTIONS=print_stacktrace=1
  printf '%s\n' 1 2 | xargs -I{} -P "$jobs" build/fuzz/tests/fuzz/operator_fuzzer -seed={} -runs=20000 -len_control=0 \
    -max_len=256 -timeout=60 -rss_limit_mb=4096 -artifact_prefix=build/fuzz/ build/fuzz/found/{} tests/fuzz/corpus
}

# The random layers are others than g++ had, and of the sweeps a fifth is enough to see what another compiler made of the
# kernels. The benchmarks are compiled with g++ alone. The ISAs are those of this CPU without sse41, which libFuzzer's build,
# also of Clang, has. The preset does without the precompiled header of the tests, to show what a test does not include
# itself; here it saves a third of the time.
clang() {
  local isas
  isas=$(build/release/tests/isa_names | grep -vx sse41 | paste -sd ';')
  build clang "$together" -DTANDEM_ISAS="$isas" -DTANDEM_BUILD_BENCHES=OFF -DTANDEM_BUILD_ENGINES=ON \
    -DCMAKE_DISABLE_PRECOMPILE_HEADERS=OFF
  TANDEM_PROPERTY_SEED=20001 TANDEM_PROPERTY_COUNT=5000 TANDEM_TEST_STEP=5 ctest --preset clang --parallel "$jobs"
}

# Prints the folder of the package file, for -Dxsimd_DIR.
newest_xsimd() {
  scripts/unpack_debian.sh "build/xsimd-$xsimd_release" "$(dpkg --print-architecture)" "$xsimd_release" libxsimd-dev >&2
  dirname "$(find "$PWD/build/xsimd-$xsimd_release" -name xsimdConfig.cmake | grep .)"
}

# Tests two unrelated things in one build: without oneTBB, and with the newest xsimd.
without_tbb_newest_xsimd() {
  local xsimd
  xsimd=$(newest_xsimd)
  cmake --preset release -B build/without-tbb -DTANDEM_WITH_TBB=OFF -DTANDEM_BUILD_BENCHES=OFF \
    -DTANDEM_BUILD_EXAMPLES=OFF -Dxsimd_DIR="$xsimd"
  cmake --build build/without-tbb --parallel "$jobs"
  TANDEM_PROPERTY_COUNT=2000 ctest --test-dir build/without-tbb --output-on-failure --parallel "$jobs"
}

# The plug-ins for other engines, with the engines themselves: the oldest and the newest.
engines() {
  scripts/test_engines.sh
}

# As other projects, compilers and standard libraries build it.
configurations() {
  scripts/test_configurations.sh
}

# For emulators, in which all takes twenty times as long: every kernel, and what depends on the CPU.
cpu_tests=(c_api conv2d conv_transpose2d convert_layout depth_to_space depthwise elementwise fully_connected int8 inverted_residual isa kernel
  kernel_matrix pointwise pool property semantics separable softmax squeeze_excite status)

# cross <preset> <test...>: builds and runs those.
cross() {
  local preset=$1
  shift
  cmake --preset "$preset" "$together"
  cmake --build "build/$preset" --parallel "$jobs" --target "${@/%/_test}" explained isa_names isa_symbols_planted
  ctest --preset "$preset" --parallel "$jobs" --tests-regex "^($(IFS='|'; echo "$*"))_test$|^isa_symbols_"
}

# A CPU that is neither x86-64 nor 64-bit ARM has the scalar ISA alone, whose operators the emulated ARM tests as well.
riscv64() {
  cross riscv64 c_api int8 isa kernel kernel_matrix property semantics
}

# emulated_arm <cpu> <program...>
emulated_arm() {
  local cpu=$1
  shift
  qemu-aarch64-static -cpu "$cpu" -L /usr/aarch64-linux-gnu "$@"
}

# emulated_arm_isas <preset>: CPUs with more and more ISAs choose the fastest, and those for dot products compute the same.
emulated_arm_isas() {
  local tests=build/$1/tests cpu isas found plan isa failed=0
  while read -r cpu isas; do
    found=$(emulated_arm "$cpu" "$tests/isa_names" | xargs)
    plan=$(emulated_arm "$cpu" "$tests/explained")
    echo "$cpu: $found; $plan"
    [[ $found == "$isas" && $plan == *", ${isas%% *},"* ]] || { echo "$cpu should have: $isas" >&2; failed=1; }
  done <<'END'
cortex-a53 neon scalar
cortex-a76 neondot neon scalar
max neoni8mm neondot neon scalar
END
  for isa in neondot neoni8mm; do
    echo "TANDEM_ISA=$isa"
    TANDEM_ISA=$isa TANDEM_TEST_COUNT=10 TANDEM_TEST_STEP=3 emulated_arm max "$tests/int8_test" --gtest_brief=1 || failed=1
    TANDEM_ISA=$isa TANDEM_PROPERTY_COUNT=300 emulated_arm max "$tests/property_test" --gtest_brief=1 \
      --gtest_filter='*Int8*' || failed=1
  done
  emulated_arm max "$tests/isa_test" --gtest_brief=1 || failed=1
  return "$failed"
}

# One ISA: the scalar kernels are tested where that takes no emulator. All tests and the benchmarks only with --aarch64.
aarch64() {
  scripts/aarch64_sysroot.sh
  if [[ $chosen == --all ]]; then
    TANDEM_ISA=${TANDEM_ISA:-neon} cross aarch64 "${cpu_tests[@]}"
  else
    build aarch64
    TANDEM_ISA=${TANDEM_ISA:-neon} ctest --preset aarch64 --parallel "$jobs"
  fi
  emulated_arm_isas aarch64
}

# The code that another compiler or another xsimd can break: the kernels and their callers.
aarch64_clang() {
  local xsimd
  xsimd=$(newest_xsimd)
  scripts/aarch64_sysroot.sh
  build aarch64-clang -Dxsimd_DIR="$xsimd"
  TANDEM_ISA=${TANDEM_ISA:-neon} ctest --preset aarch64-clang --parallel "$jobs" \
    --tests-regex '^(kernel|kernel_matrix|depthwise|conv2d|pointwise|property)_test$|^isa_'
  emulated_arm_isas aarch64-clang
}

device_tarball() {
  scripts/package_bench.sh aarch64
}

# Emulated CPUs with fewer ISAs: programs start there, choose an ISA that exists, and compute the same.
old_cpus() {
  local cpu isas found plan failed=0
  while read -r cpu isas; do
    found=$(qemu-x86_64-static -cpu "$cpu" build/release/tests/isa_names 2>/dev/null | xargs) || true
    plan=$(qemu-x86_64-static -cpu "$cpu" build/release/tests/explained 2>/dev/null) || true
    echo "$cpu: $found; $plan"
    [[ $found == "$isas" && $plan == *", ${isas%% *},"* ]] || { echo "$cpu should have: $isas" >&2; failed=1; }
  done <<'END'
Conroe scalar
Nehalem sse41 scalar
Haswell avx2 sse41 scalar
END
  # isa_test looks into running threads, whose instructions here are the emulator's.
  printf '%s\n' "${cpu_tests[@]}" | grep -vx isa | TANDEM_TEST_COUNT=10 TANDEM_TEST_STEP=11 TANDEM_PROPERTY_COUNT=200 \
    xargs -I{} -P "$jobs" qemu-x86_64-static -cpu Nehalem build/release/tests/{}_test --gtest_brief=1 || failed=1
  return "$failed"
}

# AVX-512 on a CPU without it: the shorter sweep of the kernels.
avx512() {
  local test
  if grep -qw avx512vl /proc/cpuinfo; then
    echo "This CPU has AVX-512: the release tests ran on it."
    return
  fi
  cmake --preset release -B build/static -DCMAKE_EXE_LINKER_FLAGS=-static -DTANDEM_WITH_TBB=OFF \
    -DTANDEM_BUILD_BENCHES=OFF -DTANDEM_BUILD_EXAMPLES=OFF
  cmake --build build/static --parallel "$jobs" --target kernel_test kernel_matrix_test
  for test in kernel kernel_matrix; do
    scripts/emulate_avx512.sh 600 TANDEM_ISA=avx512 TANDEM_TEST_COUNT=10 "build/static/tests/${test}_test" \
      "--gtest_filter=*Activation*:*Gemv*:*Pool*:*Scale*:*Transpose*:*EveryHeightAndEveryTail*:*EverySetOfPaddedRows*"
  done
}

format() {
  find include src kernels engines tests bench examples \( -name '*.[ch]' -o -name '*.[ch]pp' \) \
    -exec clang-format-19 --dry-run -Werror {} +
  echo "Every source file is formatted."
}

# With the flags of the Clang build, twelve files at a time, since the library's headers take longest to check. The kernels
# have one body for all ISAs: two are enough. The time limit allows for a machine that is busy.
lint() {
  cmake --preset clang -B build/tidy -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=12 \
    -DTANDEM_ISAS="$(isas_to_build "$(fastest_isa)")" -DTANDEM_BUILD_TESTS=OFF -DTANDEM_BUILD_BENCHES=OFF \
    -DTANDEM_BUILD_EXAMPLES=OFF >/dev/null
  timeout 1200 run-clang-tidy-19 -j "$jobs" -quiet -p build/tidy -checks=-bugprone-suspicious-include \
    -header-filter='/(include/tandem|src/[a-z]+|kernels(/isa)?)/[^/]*\.[ch]pp$' "^$PWD/(build/tidy|kernels/isa)/" >"$scratch/tidy" 2>&1 || {
    local status=$?
    grep -vE '^[0-9]+ warnings generated|^\[?clang-tidy-19' "$scratch/tidy" || true
    [[ $status -ne 124 ]] || echo "clang-tidy took more than 1200 seconds" >&2
    return "$status"
  }
  echo "clang-tidy has nothing to say."
}

if [[ -z $chosen ]]; then
  scripts/install_dependencies.sh
else
  scripts/install_dependencies.sh --test
fi

case $chosen in
  --aarch64)
    section "64-bit ARM, emulated" aarch64
    section "64-bit ARM, emulated, Clang, newest xsimd" aarch64_clang
    section "tarball for 64-bit ARM devices" device_tarball
    ;;
  --others)
    section "AVX-512, emulated" avx512
    ;;
  --xsimd)
    section "without oneTBB, newest xsimd" without_tbb_newest_xsimd
    section "64-bit ARM, emulated, Clang, newest xsimd" aarch64_clang
    ;;
  *)
    # A mistyped ISA must not cost twenty minutes, and never pass.
    section "ISA" check_isa
    if [[ $(failures) -ne 0 ]]; then
      echo "test.sh: nothing was tested" >&2
      exit 1
    fi

    if [[ $chosen != --all ]]; then
      section "release build and tests" release
      [[ -n ${TANDEM_ISA:-} ]] || section "release tests on each ISA" each_isa
    else
      declare -A titles=(
        [release]="release build and tests" [each_isa]="release tests on each ISA" [engines]="engines"
        [pretended_machines]="pretended machines" [old_cpus]="emulated x86-64 CPUs without AVX" [format]="formatting"
        [clang]="Clang" [configurations]="configurations of other projects" [lint]="clang-tidy" [tsan]="ThreadSanitizer"
        [asan]="AddressSanitizer and UndefinedBehaviorSanitizer, without oneTBB, newest xsimd" [fuzz]="libFuzzer"
        [aarch64]="64-bit ARM, emulated" [riscv64]="64-bit RISC-V, emulated")
      # Long ones first, so that the lanes end together.
      if [[ -z ${TANDEM_ISA:-} ]]; then  # it may name what emulated CPUs lack
        side_by_side "release each_isa engines pretended_machines old_cpus" \
          format clang asan aarch64 configurations tsan riscv64 lint fuzz
      else
        side_by_side "release engines pretended_machines" format clang asan configurations tsan lint fuzz
      fi
    fi
    ;;
esac

printf '\n===== summary after %d:%02d\n' $((SECONDS / 60)) $((SECONDS % 60))
cat "$scratch/results"
if [[ $(failures) -ne 0 ]]; then
  echo "test.sh: $(failures) of the sections above FAILED"
  exit 1
fi
echo "test.sh: everything passed"

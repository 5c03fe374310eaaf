#!/usr/bin/env bash
# Makes a tarball of the benchmarks and the conformance tests, to run on a machine of another architecture, and tries it
# out in an emulator.
#
#   scripts/package_bench.sh aarch64     64-bit ARM Linux: writes build/tandem-bench-aarch64.tar.gz
set -euo pipefail
case ${1:-} in
  -h | --help) sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 0 ;;
  aarch64) [[ $# -eq 1 ]] || { echo "package_bench.sh: unknown argument \"$2\"; see --help" >&2; exit 2; } ;;
  *) echo "package_bench.sh: the architecture must be aarch64, but is \"${1:-}\"" >&2; exit 2 ;;
esac
cd "$(dirname "$0")/.."
scripts/install_dependencies.sh --test qemu-user-static
scripts/aarch64_sysroot.sh
sysroot=build/aarch64-sysroot/usr/lib/aarch64-linux-gnu
package=tandem-bench-aarch64

cmake --preset aarch64 >/dev/null
cmake --build build/aarch64 --parallel "$(nproc)"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for component in bench tests; do
  cmake --install build/aarch64 --component "$component" --prefix "$folder/$package" >/dev/null
done
mkdir "$folder/$package/lib"
cp -L "$sysroot/libtbb.so.12" "$sysroot/libbenchmark.so.1debian" "$folder/$package/lib/"
cat >"$folder/$package/README" <<'END'
For 64-bit ARM Linux with glibc 2.34 and the libstdc++ of g++ 12, or newer (Debian 12, Ubuntu 22.04). On a quiet machine:
bin/network_bench; bin/layer_bench; bin/separable_bench     --help explains; --benchmark_out=FILE keeps the figures as JSON
for test in bin/*_test; do "$test" || echo "$test FAILED"; done     must print no FAILED; isa_test needs nm (binutils)
END
tar --create --gzip --owner=0 --group=0 --file "build/$package.tar.gz" --directory "$folder" "$package"

# Unpacks and runs the tarball in a folder that the build does not know. The emulator only proves that it runs.
mkdir "$folder/elsewhere"
tar --extract --file "build/$package.tar.gz" --directory "$folder/elsewhere"
try() {
  local program=$1
  shift
  printf 'Trying %s ...\n' "$program"
  qemu-aarch64-static -cpu cortex-a53 -L /usr/aarch64-linux-gnu "$folder/elsewhere/$package/bin/$program" "$@" \
    >"$folder/log" 2>&1 || { cat "$folder/log"; echo "package_bench.sh: $program failed" >&2; exit 1; }
}
export TANDEM_TEST_COUNT=2 TANDEM_TEST_STEP=7
for program in status_test pool_test separable_test; do try "$program"; done
try network_bench --threads=1 --benchmark_filter=mobilenet_v2 --benchmark_min_time=0.001 --benchmark_format=json
grep -E '"(name|min_ms|peak_fraction)":' "$folder/log"
try layer_bench --threads=1 --benchmark_filter=mobilenet_v2/block17 --benchmark_min_time=0.001
try separable_bench --threads=1 --benchmark_filter=block13 --benchmark_min_time=0.001
echo "Written: build/$package.tar.gz, $(stat --format=%s "build/$package.tar.gz" | numfmt --to=iec)"

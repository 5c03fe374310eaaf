#!/usr/bin/env bash
# Fetches the libraries for a cross build for 64-bit ARM that no compiler brings: Debian's arm64 packages of oneTBB,
# GoogleTest and Google Benchmark, from this system's release.
#
#   scripts/aarch64_sysroot.sh     the folder is build/aarch64-sysroot
set -euo pipefail
case ${1:-} in
  -h | --help) sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 0 ;;
  ?*) echo "aarch64_sysroot.sh: unknown argument \"$1\"; see --help" >&2; exit 2 ;;
esac
"$(dirname "$0")/unpack_debian.sh" build/aarch64-sysroot arm64 - \
  libtbb-dev libtbb12 libtbbbind-2-5 libtbbmalloc2 libgtest-dev libbenchmark-dev libbenchmark1debian

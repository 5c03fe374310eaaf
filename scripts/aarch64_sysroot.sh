#!/usr/bin/env bash
# What a cross build for 64-bit ARM links and no compiler brings: Debian's arm64 packages of oneTBB, GoogleTest and Google
# Benchmark, unpacked into a folder. Apt works on lists of its own there: nothing of the system is touched, and nobody
# needs to be root.
#
#   scripts/aarch64_sysroot.sh     the folder is build/aarch64-sysroot
set -euo pipefail
case ${1:-} in
  -h | --help) sed -n '2,6s/^# \{0,1\}//p' "$0"; exit 0 ;;
  ?*) echo "aarch64_sysroot.sh: unknown argument \"$1\"; see --help" >&2; exit 2 ;;
esac
cd "$(dirname "$0")/.."
sysroot=build/aarch64-sysroot
packages=(libtbb-dev libtbb12 libtbbbind-2-5 libtbbmalloc2 libgtest-dev libbenchmark-dev libbenchmark1debian)

# The last thing that is written: a folder that was left halfway is fetched anew.
complete=$sysroot/complete
if [[ -f $complete && $(<"$complete") == "${packages[*]}" ]]; then
  echo "The libraries for 64-bit ARM are in $sysroot."
  exit 0
fi
if ! command -v apt-get >/dev/null; then
  echo "aarch64_sysroot.sh: this is not a Debian system; please unpack by hand into $sysroot: ${packages[*]}" >&2
  exit 1
fi
rm -rf "$sysroot"
mkdir -p "$sysroot"/apt/{lists,archives}/partial
sysroot=$(realpath "$sysroot")
touch "$sysroot/apt/status"
# As root, apt would change to a user who may not be able to write here.
options=(-o APT::Architecture=arm64 -o APT::Architectures=arm64 -o APT::Sandbox::User=
  -o "Dir::State::lists=$sysroot/apt/lists" -o "Dir::State::status=$sysroot/apt/status"
  -o "Dir::Cache=$sysroot/apt" -o "Dir::Cache::archives=$sysroot/apt/archives" -o Debug::NoLocking=1)
echo "Fetching from Debian, for arm64: ${packages[*]}."
apt-get "${options[@]}" --quiet --quiet update
(cd "$sysroot/apt/archives" && apt-get "${options[@]}" --quiet --quiet download "${packages[@]}")
for package in "$sysroot"/apt/archives/*.deb; do dpkg-deb --extract "$package" "$sysroot"; done
rm -r "$sysroot/apt"
echo "${packages[*]}" >"$sysroot/complete"

#!/usr/bin/env bash
# Installs from Debian's packages what is missing to build Tandem; nothing if nothing is missing.
#
#   scripts/install_dependencies.sh [--test] [package...]
#     --test    also the packages for scripts/test.sh --all: Clang 14; Clang 19 with its formatter, its linter,
#               libFuzzer and libc++; musl, the compilers for 64-bit ARM and RISC-V, qemu, NumPy, Python's venv
#     package   further Debian packages to install with them
set -euo pipefail

packages=(g++ cmake ninja-build pkg-config libxsimd-dev libtbb-dev libgtest-dev libbenchmark-dev
  nlohmann-json3-dev libcli11-dev libstb-dev)
for argument in "$@"; do
  case $argument in
    --test)
      packages+=(clang-14 clang-19 clang-format-19 clang-tidy-19 libclang-rt-19-dev libc++-19-dev libc++abi-19-dev
        g++-aarch64-linux-gnu g++-riscv64-linux-gnu googletest musl-tools qemu-user-static python3-numpy python3-venv)
      ;;
    -h | --help) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 0 ;;
    -*) echo "install_dependencies.sh: unknown option \"$argument\"; see --help" >&2; exit 2 ;;
    *) packages+=("$argument") ;;
  esac
done

if ! command -v apt-get >/dev/null; then
  echo "This is not a Debian system; please install by hand what provides: ${packages[*]}" >&2
  exit 1
fi

missing=()
for package in "${packages[@]}"; do
  state=$(dpkg-query --show --showformat='${db:Status-Abbrev}' "$package" 2>/dev/null || true)
  [[ $state == ii* ]] || missing+=("$package")
done
if [[ ${#missing[@]} -eq 0 ]]; then
  echo "Every Debian package that is needed is installed."
  exit 0
fi

as_root=()
if [[ $(id -u) -ne 0 ]]; then
  if ! command -v sudo >/dev/null; then
    echo "Please install these Debian packages as root: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi
echo "Installing from Debian: ${missing[*]}."
"${as_root[@]}" apt-get update --quiet --quiet
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --quiet --quiet --yes --no-install-recommends \
  "${missing[@]}" >/dev/null

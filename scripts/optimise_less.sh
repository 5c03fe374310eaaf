#!/usr/bin/env bash
# Runs a compiler at another level of optimisation than it was told: for builds that are only compiled, not timed.
#
#   scripts/optimise_less.sh LEVEL COMPILER ARGUMENT...    e.g. -DCMAKE_CXX_COMPILER_LAUNCHER="$PWD/scripts/optimise_less.sh;-O0"
set -euo pipefail
level=$1
shift
exec "${@/#-O[23]/$level}"

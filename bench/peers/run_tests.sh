#!/usr/bin/env bash
# Runs the test_*.py of this folder with the first Python that can. Exit code 77, ctest's "skipped", if none can.
#
#   bench/peers/run_tests.sh [unittest option...]
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
readonly here

# The comparison's own environment also has the packages for the figures.
for python in "$here/../../build/peers/venv/bin/python" /usr/bin/python3 python3; do
  if "$python" -c "import numpy, sys; sys.exit(sys.version_info < (3, 10))" 2>/dev/null; then
    cd -- "$here"
    exec "$python" -B -m unittest "$@" test_peers test_int8 test_corpus test_corpus_quantised test_cliffs
  fi
done
echo "skipped: no Python from 3.10 on with numpy (Debian: python3-numpy)"
exit 77

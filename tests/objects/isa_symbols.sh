#!/usr/bin/env bash
# An ISA's object files may offer the linker their kernel tables alone (avx512.cpp those of avx512vnni, too, avx2.cpp those of
# avxvnni, and neon.cpp those of neondot and neoni8mm). Any other weak or global symbol could be the copy that the linker keeps
# for the whole program, and a CPU without this ISA would die on it.
#
#   isa_symbols.sh <nm> <isa> <object file>...
set -euo pipefail

nm=$1 isa=$2
shift 2
table="tandem::v[0-9_]+::kernels::(${isa}|${isa/avx2/avx}vnni|${isa}dot|${isa}i8mm)(_int8)?_tables"

# nm prints "value type name"; an upper-case type, u, v and w are visible to other object files. Undefined ones (U, and
# w without a value) are what the file needs; it needs nothing of C++: a kernel that calls into std:: may call a copy
# compiled for another ISA.
[[ $# -gt 0 ]] || { echo "FAIL: no object files given for $isa" >&2; exit 1; }
listing=
for object in "$@"; do
  symbols=$("$nm" --demangle "$object")
  [[ -n $symbols ]] || { echo "FAIL: $object has no symbols at all" >&2; exit 1; }
  listing+=$symbols$'\n'
done

defined=$(grep -E '^[0-9a-f]+ [A-Zuvw] ' <<<"$listing" || true)
unexpected=$(grep -vE "^[0-9a-f]+ [DR] ${table}\$" <<<"$defined" | grep -v '^$' || true)
needed=$(grep -E '^ +[Uwv] (.*::|operator |__cxa)' <<<"$listing" || true)

failed=0
if [[ -n $unexpected ]]; then
  echo "FAIL: $isa defines symbols other than its tables; make them constexpr, always inlined or of internal linkage:" >&2
  echo "$unexpected" >&2
  failed=1
fi
if [[ -n $needed ]]; then
  echo "FAIL: $isa calls C++ functions of other object files:" >&2
  echo "$needed" >&2
  failed=1
fi
if ! grep -qE "^[0-9a-f]+ [DR] ${table}\$" <<<"$defined"; then
  echo "FAIL: $isa does not define $table" >&2
  failed=1
fi
[[ $failed -eq 0 ]] && echo "$isa: $table are the only symbols of $# object files that others can see"
exit "$failed"

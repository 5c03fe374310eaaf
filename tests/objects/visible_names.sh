#!/usr/bin/env bash
# Other modules of a process see the functions that the public headers mark with TANDEM_API, all of them and nothing else:
# in the archive by the visibility of its symbols, in a shared object that holds the whole of it by what that exports.
#
#   visible_names.sh <nm> <readelf> <archive, or - for none> <shared object> <header>...
set -euo pipefail

nm=$1 readelf=$2 archive=$3 shared=$4
shift 4
failed=0
fail() {
  echo "FAIL: $1:" >&2
  sort -u <<<"$2" | sed 's/^/  /' >&2
  failed=1
}

declared=$(awk -f "$(dirname "$0")/public_names.awk" "$@")
unmarked=$(sed -n 's/^unmarked //p' <<<"$declared")
[[ -z $unmarked ]] || fail "declared in a public header without TANDEM_API" "$unmarked"
public=$(sed -n 's/^public //p' <<<"$declared" | sort -u)
[[ $(wc -l <<<"$public") -ge 50 ]] || fail "suspiciously few functions are public" "$public"

# Lines "<type> <demangled name>" in; names as public_names.awk writes them out. Templates of the standard library that
# every C++ module of the process has, and shares, are no names of Tandem's.
names() {
  grep -vE '^[A-Zu] ((typeinfo|typeinfo name|vtable) for )?(std|__gnu_cxx)::' |
    sed -E 's/^[^ ]+ //; s/\(.*//; s/\b(tandem)::[a-z0-9_]+::/\1::/' | sort -u
}

# compare <what> <visible names>
compare() {
  local missing surplus
  missing=$(comm -23 <(echo "$public") <(echo "$2"))
  surplus=$(comm -13 <(echo "$public") <(echo "$2"))
  [[ -z $missing ]] || fail "public, but not to be seen in $1" "$missing"
  [[ -z $surplus ]] || fail "not public, but to be seen in $1" "$surplus"
}

# readelf prints "number: value size type binding visibility section name".
[[ $archive == - ]] || compare "$(basename "$archive")" "$("$readelf" --syms --wide --demangle "$archive" |
  awk '$5 ~ /GLOBAL|WEAK|UNIQUE/ && $6 ~ /DEFAULT|PROTECTED/ && $7 != "UND" {
    type = $5 == "GLOBAL" ? "T" : "W"; $1 = $2 = $3 = $4 = $5 = $6 = $7 = ""; sub(/^ +/, ""); print type, $0 }' | names)"
compare "$(basename "$shared")" "$("$nm" --dynamic --defined-only --demangle "$shared" | sed -E 's/^[0-9a-f]+ //' | names)"

[[ $failed -eq 0 ]] && echo "$(wc -l <<<"$public") functions are public, and nothing else can be seen"
exit "$failed"

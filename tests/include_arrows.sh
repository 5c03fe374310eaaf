#!/usr/bin/env bash
# The rooms of src/ stand in an order, and each may include only what the table below lets it touch. The
# kernels know nothing of src/, the public headers know nothing but themselves, and one file alone includes oneTBB.
#
#   include_arrows.sh <folder that holds src/, kernels/ and include/>
set -euo pipefail
cd "$1"

# What a room may include beside itself and the public headers. "kernels" is the kernel table and the plain data beside
# it: the headers that lie flat in kernels/ and are no bodies (.inl.hpp).
declare -A may_touch=(
  [base]=""
  [machine]="base kernels"
  [weights]="base kernels"
  [plan]="base machine kernels"
  [run]="base"
  [stages]="base plan run weights kernels"
  [operators]="base machine weights plan run stages kernels"
)

failed=0
fail() {
  echo "FAIL: $1" >&2
  failed=1
}

# allowed <including file> <file that it names in quotes>
allowed() {
  local target room
  [[ $2 == tandem/* ]] && return 0
  [[ $1 == src/* && $2 == kernels/floating_point.hpp ]] && return 0  # it holds nothing but a check of the flags
  case $1 in
    include/*) return 1 ;;
    kernels/*) [[ $2 == kernels/* ]] && return 0 || return 1 ;;
    # The graph library knows no engine, an engine's plug-in the graph library and itself.
    engines/*) [[ $2 == engines/graph/* || ($2 == engines/* && $1 != engines/graph/*) ]] && return 0 || return 1 ;;
  esac
  if [[ $2 =~ ^kernels/[a-z0-9_]+\.hpp$ ]]; then
    target=kernels
  elif [[ $2 =~ ^src/([a-z]+)/ ]]; then
    target=${BASH_REMATCH[1]}
  else
    return 1
  fi
  room=$(room_of "$1")
  [[ $target == "$room" || " ${may_touch[$room]-} " == *" $target "* ]]
}

room_of() {
  local path=${1#src/}
  echo "${path%%/*}"
}

while read -r file; do
  [[ -n ${may_touch[$(room_of "$file")]+set} ]] || fail "$file lies in none of the rooms: ${!may_touch[*]}"
done < <(find src -type f -name '*.[ch]pp' | sort)

count=0
with_tbb=()
while IFS=: read -r file line; do
  count=$((count + 1))
  [[ $line =~ ([\"\<])([^\">]+) ]]
  mark=${BASH_REMATCH[1]} included=${BASH_REMATCH[2]}
  if [[ $mark == '"' ]]; then
    allowed "$file" "$included" || fail "$file must not include $included"
  elif [[ $included =~ ^(oneapi/)?tbb/ ]]; then
    with_tbb+=("$file")
  elif [[ $included == xsimd/* && $file != kernels/* ]]; then
    fail "$file must not include $included"
  fi
done < <(grep -rE '^[[:space:]]*#[[:space:]]*include' src kernels include $(ls -d engines 2>/dev/null) --include='*.[ch]pp' --include='*.h' | sort)

users=$(printf '%s\n' "${with_tbb[@]}" | sort -u | tr '\n' ' ')
[[ $users == "src/run/executor_tbb.cpp " ]] || fail "src/run/executor_tbb.cpp alone includes oneTBB, but it is in: $users"
[[ $failed -eq 0 ]] && echo "$count includes point the right way"
exit "$failed"

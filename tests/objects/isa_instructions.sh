#!/usr/bin/env bash
# No object file may hold an instruction beyond what it is meant for: an ISA's file no more than its ISA, every other one no
# more than the baseline, SSE2 or NEON. On x86-64 the registers tell: ymm and the VEX forms (v...) came with AVX, zmm, mask
# registers and xmm16 up with AVX-512; the few SSE3 to SSE4 mnemonics that compilers emit are listed by name. On aarch64 the
# products of 8 bits tell.
#
#   isa_instructions.sh <objdump> <ISA, or baseline> <object file>...
set -euo pipefail

objdump=$1 isa=$2
shift 2
[[ $# -gt 0 ]] || { echo "FAIL: no object files given for $isa" >&2; exit 1; }

avx512='%zmm|%k[0-7]|%[xy]mm(1[6-9]|2[0-9]|3[01])'
avx="%ymm|[[:space:]]v[a-z0-9]+[[:space:]].*%xmm|$avx512"
sse4='pblend|blendv|pmulld|pminu[wd]|pmins[bd]|pmaxu[wd]|pmaxs[bd]|pextr[bdq]|pinsr[bdq]|insertps|extractps|roundp|rounds|dpps'
sse4="[[:space:]](p(shufb|sign|abs|alignr|hadd|hsub|test|movsx|movzx|cmpeqq|ackusdw)|h(add|sub)p|$sse4|movs[hl]dup|lddqu)"
vnni='vpdp(busd|wssd)'
dot='[[:space:]][su]dot[[:space:]]'
i8mm='[[:space:]](usdot|sudot|u?s?u?mmla)[[:space:]]'
case $isa in
  scalar | baseline) forbidden="$avx|$sse4|$dot|$i8mm" ;;
  sse41) forbidden=$avx ;;
  avx2) forbidden="$avx512|$vnni" ;;
  avxvnni) forbidden=$avx512 ;;
  avx512) forbidden=$vnni ;;
  neon) forbidden="$dot|$i8mm" ;;
  neondot) forbidden=$i8mm ;;
  *) forbidden='%[xyz]mm3[2-9]' ;;  # what may come after it: there is nothing beyond to look for
esac

failed=0
for object in "$@"; do
  listing=$("$objdump" --disassemble --no-show-raw-insn "$object")
  if [[ $listing != *"Disassembly of section"* && $isa != baseline ]]; then
    echo "FAIL: $object holds no code" >&2
    failed=1
  fi
  if found=$(grep -E "^ +[0-9a-f]+:.*($forbidden)" <<<"$listing"); then
    echo "FAIL: $(basename "$object") is meant for $isa and holds, among others:" >&2
    sed -n 1,5p <<<"$found" >&2
    failed=1
  fi
done
[[ $failed -eq 0 ]] && echo "$isa: no instruction beyond it in $# object files"
exit "$failed"

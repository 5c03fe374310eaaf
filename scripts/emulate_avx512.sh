#!/usr/bin/env bash
#
# Run a statically linked x86-64 Linux program on an emulated CPU that has
# AVX-512 (F, BW, DQ, VL and CD), on a host that has no AVX-512.
#
# usage: scripts/emulate_avx512.sh [OPTION...] [--] PROGRAM [ARG...]
#
#   --env NAME=VALUE  set a variable in the program's environment (repeatable)
#   --cpu MODEL       Bochs CPU model (default corei7_skylake_x;
#                     `bochs-bin -help cpu` lists the others; tried are
#                     corei7_haswell_4770, a CPU without AVX-512, and
#                     corei7_icelake_u, with which the guest does not boot);
#                     with a model given, AVX-512 is not required
#   --help            print this text
#
# environment:
#   TANDEM_EMULATOR_TIMEOUT  seconds of wall time for the run (default 1800)
#   TANDEM_EMULATOR_MEMORY   megabytes of guest memory (default 1024)
#
# exit status:
#   the program's own (128 + N if signal N ended it), or
#   124  the time-out ran out
#   125  the emulator, or the preparation of it, failed
#   2    wrong usage
#   With 2, 124 and 125 a line starting with "emulate_avx512:" on the standard
#   error says what happened, which tells them from a program's own status.
#
# How it works: the Bochs PC emulator boots a Debian kernel from a CD image
# made for the run.  The initramfs holds busybox and the program; its /init
# runs the program with the output on the second serial port, which Bochs
# writes to a file that is followed here, and reports the status on the first
# one.  Standard output and standard error of the program both arrive on the
# standard output; its standard input is empty, and it has one CPU.
#
# Bochs and the image tools are installed from Debian packages if missing;
# kernel, busybox and boot loader are only unpacked, under build/emulator/.

set -euo pipefail

readonly default_cpu=corei7_skylake_x

# Bochs time: this many instructions make one second of guest time.  It says
# nothing about the real speed.  Higher: fewer timer interrupts per instruction,
# but more instructions for each character sent through the serial port.
readonly guest_mhz=50

# Packages that have to be installed, and packages of which only files are used.
readonly installed_packages=(bochs bochs-term bochsbios cpio xorriso)
readonly kernel_metapackage=linux-image-cloud-amd64
readonly unpacked_packages=(busybox-static isolinux syslinux-common)

readonly status_timeout=124
readonly status_failure=125

say() { printf 'emulate_avx512: %s\n' "$*" >&2; }

fail() {
  say "$*"
  exit "$status_failure"
}

usage_error() {
  say "$*"
  say "usage: emulate_avx512.sh [--env NAME=VALUE]... [--cpu MODEL] [--] PROGRAM [ARG...]"
  exit 2
}

# The comment block at the top of this file.
print_help() { sed -n '3,/^$/{s/^#$//;s/^# //;p;}' "${BASH_SOURCE[0]}"; }

as_root() {
  if [[ $(id -u) -eq 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo -- "$@"
  else
    fail "cannot run '$*': neither root nor sudo is available."
  fi
}

# A string as one word of the guest's shell.
quote() { printf "'%s'" "${1//\'/\'\\\'\'}"; }

# --- Arguments ---------------------------------------------------------------

cpu=$default_cpu
cpu_chosen=no
guest_env=()

while [[ $# -gt 0 ]]; do
  case $1 in
    --env | --cpu) [[ $# -ge 2 ]] || usage_error "option $1 needs a value." ;;&
    --env)
      guest_env+=("$2")
      shift 2
      ;;
    --env=*)
      guest_env+=("${1#--env=}")
      shift
      ;;
    --cpu)
      cpu=$2
      cpu_chosen=yes
      shift 2
      ;;
    --cpu=*)
      cpu=${1#--cpu=}
      cpu_chosen=yes
      shift
      ;;
    -h | --help)
      print_help
      exit 0
      ;;
    --)
      shift
      break
      ;;
    -*) usage_error "unknown option $1." ;;
    *) break ;;
  esac
done

[[ $# -ge 1 ]] || usage_error "no program given."
program=$1
shift

for assignment in "${guest_env[@]}"; do
  [[ $assignment =~ ^[A-Za-z_][A-Za-z0-9_]*= ]] ||
    usage_error "--env needs NAME=VALUE, not '$assignment'."
done
[[ $cpu =~ ^[a-z0-9_]+$ ]] || usage_error "'$cpu' is no CPU model."

readonly time_limit=${TANDEM_EMULATOR_TIMEOUT:-1800}
readonly memory=${TANDEM_EMULATOR_MEMORY:-1024}
[[ $time_limit =~ ^[1-9][0-9]*$ ]] || usage_error "TANDEM_EMULATOR_TIMEOUT is no number of seconds."
[[ $memory =~ ^[1-9][0-9]*$ ]] || usage_error "TANDEM_EMULATOR_MEMORY is no number of megabytes."

[[ -f $program && -x $program ]] || usage_error "'$program' is no executable file."
# ELF, 64 bit, machine type 62 (x86-64).
[[ $(od -An -tx1 -N5 -- "$program" | tr -d ' ') == 7f454c4602 &&
  $(od -An -tx1 -j18 -N2 -- "$program" | tr -d ' ') == 3e00 ]] ||
  usage_error "'$program' is no x86-64 ELF executable."
if command -v readelf >/dev/null && readelf -lW -- "$program" | grep -q '^ *INTERP '; then
  usage_error "'$program' is linked dynamically; link it with -static."
fi

# --- Preparation: packages, kernel, boot loader ------------------------------

project=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
readonly project
readonly cache=$project/build/emulator
mkdir -p -- "$cache"

# Install the missing ones of the packages that have to be installed.
install_packages() {
  local package missing=()
  for package in "${installed_packages[@]}"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q ' installed$' ||
      missing+=("$package")
  done
  [[ ${#missing[@]} -gt 0 ]] || return 0
  say "installing ${missing[*]} (log: $cache/install.log)"
  {
    as_root apt-get update &&
      as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y --no-install-recommends "${missing[@]}"
  } >"$cache/install.log" 2>&1 </dev/null ||
    fail "apt-get could not install ${missing[*]}; see $cache/install.log."
}

# Put vmlinuz, busybox, isolinux.bin and ldlinux.c32 in $cache/guest.
unpack_guest_files() {
  [[ ! -d $cache/guest ]] || return 0
  local work=$cache/unpack log=$cache/unpack.log kernel package
  say "fetching the guest's kernel, busybox and boot loader (log: $log)"
  rm -rf -- "$work"
  mkdir -p -- "$work/root" "$work/guest"
  if ! apt-cache show "$kernel_metapackage" >"$log" 2>&1; then
    as_root apt-get update >"$log" 2>&1 </dev/null ||
      fail "apt-get update failed; see $log."
  fi
  # The metapackage depends on the package that has the kernel.
  kernel=$(apt-cache depends "$kernel_metapackage" 2>>"$log" |
    sed -n 's/^ *Depends: \(linux-image-[^ ]*\)$/\1/p' | head -n 1)
  [[ -n $kernel ]] || fail "no Debian kernel package found through $kernel_metapackage."
  (cd -- "$work" && apt-get download "$kernel" "${unpacked_packages[@]}") >>"$log" 2>&1 ||
    fail "apt-get could not download the guest's packages; see $log."
  # Of the kernel package only the kernel, not the modules.
  for package in "$work"/*.deb; do
    dpkg-deb --fsys-tarfile "$package" |
      tar -x -f - -C "$work/root" --exclude='./lib/modules' --exclude='./usr/lib/modules' \
        2>>"$log" || fail "$package could not be unpacked; see $log."
  done
  # Found by path, as Debian's releases differ in /bin and /usr/bin; of
  # ldlinux.c32 the one for BIOS is wanted, not those for EFI.
  local pattern file name
  for pattern in '*/boot/vmlinuz-*' '*/bin/busybox' '*/isolinux.bin' '*/bios/ldlinux.c32'; do
    file=$(find "$work/root" -type f -path "$pattern" | head -n 1)
    [[ -n $file ]] || fail "the guest's packages have no file $pattern."
    name=$(basename -- "$file")
    cp -- "$file" "$work/guest/${name%%-*}"
  done
  chmod 755 "$work/guest/busybox"
  mv -T -- "$work/guest" "$cache/guest"
  rm -rf -- "$work"
}

for tool in apt-get dpkg-deb; do
  command -v "$tool" >/dev/null ||
    fail "this script takes the emulator from Debian packages and needs $tool."
done

# One run at a time prepares the cache.
exec 9>"$cache/lock"
flock 9
install_packages
unpack_guest_files
exec 9>&-

# Bochs lists its models on the standard error.
models=$(bochs-bin -help cpu 2>&1 </dev/null) || true
grep -qx -- "$cpu" <<<"$models" ||
  usage_error "Bochs has no CPU model '$cpu'."

# --- The guest's files -------------------------------------------------------

run=$(mktemp -d -- "$cache/run.XXXXXX")
bochs_pid=
tail_pid=
keep_run=no
# shellcheck disable=SC2317  # called by the trap
cleanup() {
  if [[ -n $bochs_pid ]]; then
    kill -- "$bochs_pid" "$tail_pid" 2>/dev/null || true
    wait || true
  fi
  [[ $keep_run == yes ]] || rm -rf -- "$run"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

mkdir -p -- "$run"/root/{bin,dev,proc,sys,tmp,program} "$run"/cd/isolinux
name=$(basename -- "$program")
cp -- "$cache/guest/busybox" "$run/root/bin/busybox"
ln -s busybox "$run/root/bin/sh"
cp -- "$program" "$run/root/program/$name"
chmod 755 "$run/root/program/$name"

# The command as the guest's shell reads it: env -i NAME=VALUE... PROGRAM ARG...
command_line="/bin/busybox env -i PATH=/bin HOME=/tmp TERM=dumb"
for word in "${guest_env[@]}" "/program/$name" "$@"; do
  command_line+=" $(quote "$word")"
done

# ttyS0 is the kernel's console and carries the report, ttyS1 the output.
# Setting a terminal's modes waits until all output has left it, which is why
# stty is called once more before the end.
cat >"$run/root/init" <<EOF_INIT
#!/bin/busybox sh
bb=/bin/busybox
\$bb mount -t devtmpfs devtmpfs /dev
\$bb mount -t proc proc /proc
\$bb mount -t sysfs sysfs /sys
\$bb mkdir -p /dev/shm
\$bb mount -t tmpfs tmpfs /dev/shm
exec </dev/null >/dev/ttyS0 2>&1
\$bb stty -F /dev/ttyS0 115200 -opost
\$bb stty -F /dev/ttyS1 115200 -opost -echo
flags=" \$(\$bb sed -n '/^flags/{s/.*://p;q}' /proc/cpuinfo) "
avx512=yes
for flag in avx512f avx512cd avx512bw avx512dq avx512vl; do
  case \$flags in *" \$flag "*) ;; *) avx512=no ;; esac
done
echo
echo "guest flags:\$flags"
echo "guest avx512: \$avx512"
status=none
if [ \$avx512 = yes ] || [ $cpu_chosen = yes ]; then
  cd /tmp
  $command_line >/dev/ttyS1 2>&1
  status=\$?
fi
\$bb stty -F /dev/ttyS1 -opost
echo
echo "guest status: \$status"
\$bb stty -F /dev/ttyS0 -opost
\$bb reboot -f
EOF_INIT
chmod 755 "$run/root/init"

(cd -- "$run/root" && find . | cpio -o -H newc -R 0:0 --quiet) >"$run/cd/initrd" ||
  fail "the initramfs could not be made."
cp -- "$cache/guest/vmlinuz" "$run/cd/vmlinuz"
cp -- "$cache/guest/isolinux.bin" "$cache/guest/ldlinux.c32" "$run/cd/isolinux/"

# The kernel's parameters:
#   clearcpuid   Bochs 2.7 reports the size of the compacted XSAVE area wrongly;
#                a kernel that uses XSAVEC or XSAVES notices that and then turns
#                all of AVX off.  With the plain XSAVE format everything works.
#   tsc_early_khz  the true rate of the time-stamp counter, one tick for each
#                instruction; what CPUID says would make idle waits very long.
#   panic, reboot  end the emulation by a triple fault, at a panic as well.
#   the others   leave out what is not needed, for a quick boot.
cat >"$run/cd/isolinux/isolinux.cfg" <<EOF_ISOLINUX
default linux
prompt 0
timeout 0
label linux
 linux /vmlinuz
 initrd /initrd
 append console=ttyS0 quiet clearcpuid=xsavec,xsaves tsc_early_khz=${guest_mhz}000 panic=-1 reboot=t nokaslr mitigations=off acpi=off noapic nolapic pci=off lsm= cryptomgr.notests i8042.noaux i8042.nokbd
EOF_ISOLINUX

xorriso -as mkisofs -quiet -o "$run/cd.iso" -b isolinux/isolinux.bin -c isolinux/boot.cat \
  -no-emul-boot -boot-load-size 4 -boot-info-table "$run/cd" >"$run/xorriso.log" 2>&1 ||
  fail "the CD image could not be made: $(tail -n 1 "$run/xorriso.log")"
rm -rf -- "$run/root" "$run/cd"

# --- The emulation -----------------------------------------------------------

# Relative paths: Bochs is started in the run's folder.  No speaker and no sound:
# on a host without a sound card Bochs's mixer thread can crash at the start.
cat >"$run/bochsrc" <<EOF_BOCHSRC
config_interface: textconfig
display_library: term
memory: guest=$memory, host=$memory
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
cpu: model=$cpu, count=1, ips=${guest_mhz}000000, reset_on_triple_fault=0, ignore_bad_msrs=1
clock: sync=none, time0=utc
ata0-master: type=cdrom, path=cd.iso, status=inserted
boot: cdrom
plugin_ctrl: speaker=0
sound: driver=dummy
com1: enabled=1, mode=file, dev=console
com2: enabled=1, mode=file, dev=output
log: bochs.log
panic: action=fatal
error: action=ignore
info: action=ignore
debug: action=ignore
EOF_BOCHSRC
# Debian's Bochs has the debugger built in, which waits for a command at start.
echo continue >"$run/debugger.rc"
: >"$run/console"
: >"$run/output"

started=$SECONDS
# The display is a text one; its output (and the debugger's) goes to a file.
# Bochs does not end at SIGTERM, hence KILL: at the time-out, and one second
# after a SIGTERM to `timeout`, which is what the exec leaves behind $!.
(
  cd -- "$run"
  export TERM=vt100
  exec timeout --foreground --signal=KILL --kill-after=1 "$time_limit" \
    bochs-bin -q -f bochsrc -rc debugger.rc </dev/null >bochs.out 2>&1
) &
bochs_pid=$!

# Follow the output until Bochs has ended.  (In the background, as the shell
# answers signals only while it waits.)
tail -f -c +1 -s 0.2 --pid="$bochs_pid" -- "$run/output" &
tail_pid=$!
wait "$tail_pid" || true
bochs_status=0
wait "$bochs_pid" || bochs_status=$?
bochs_pid=

guest_status=$(tr -d '\r' <"$run/console" | sed -n 's/^guest status: //p' | tail -n 1)

if [[ $guest_status =~ ^[0-9]+$ ]]; then
  exit "$guest_status"
fi
if [[ $guest_status == none ]]; then
  fail "the guest's kernel does not offer AVX-512 F, BW, DQ and VL; the program was not run."
fi
if [[ $bochs_status -eq 137 && $((SECONDS - started)) -ge $time_limit ]]; then
  say "the emulation was ended after $time_limit seconds (TANDEM_EMULATOR_TIMEOUT)."
  exit "$status_timeout"
fi
keep_run=yes
rm -f -- "$run/cd.iso"
say "the last lines of the guest's console and of Bochs:"
tail -q -n 15 -- "$run/console" "$run/bochs.out" | tr -cd '[:print:]\n' >&2
fail "the emulator ended (status $bochs_status) before the program's status was known; its files are in $run."

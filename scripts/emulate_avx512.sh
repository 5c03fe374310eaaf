#!/usr/bin/env bash
# Runs a statically linked x86-64 program on an emulated CPU that has AVX-512; its exit status is the program's.
#
#   scripts/emulate_avx512.sh SECONDS [NAME=VALUE...] PROGRAM [ARGUMENT...]
#     SECONDS       time limit; the emulation then ends and counts as failed
#     NAME=VALUE    a variable of the program's environment
#
# The PC emulator Bochs boots a Debian kernel from a CD whose initramfs holds busybox and the program. The first serial
# port carries the status, the second the output. Bochs runs some ten million instructions per second.
set -euo pipefail
if [[ $# -lt 2 || $1 == -h || $1 == --help ]]; then
  sed -n '2,9s/^# \{0,1\}//p' "$0"
  [[ ${1:-} == -h || ${1:-} == --help ]] && exit 0 || exit 2
fi
seconds=$1
shift
variables=()
while [[ $1 == *=* ]]; do variables+=("$1"); shift; done
program=$(realpath "$1")
shift
cd "$(dirname "$0")/.."
scripts/install_dependencies.sh bochs bochs-term bochsbios cpio xorriso >&2

# The metapackage depends on the package that holds the kernel.
kernel=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: \(linux-image-[^ ]*\)$/\1/p' | head -n 1)
guest=$PWD/build/emulator
scripts/unpack_debian.sh "$guest" amd64 - "$kernel" busybox-static isolinux syslinux-common >&2

run=$(mktemp -d)
trap 'rm -rf "$run"' EXIT
mkdir -p "$run"/root/{bin,dev,proc,sys,tmp} "$run/cd/isolinux"
cp "$(find "$guest" -path '*/bin/busybox')" "$run/root/bin/"
ln -s busybox "$run/root/bin/sh"
cp "$program" "$run/root/program"
cp "$guest"/boot/vmlinuz-* "$run/cd/vmlinuz"
cp "$(find "$guest" -name isolinux.bin)" "$(find "$guest" -path '*/bios/ldlinux.c32')" "$run/cd/isolinux/"

# The stty at the end waits until all output has left the terminal.
cat >"$run/root/init" <<END
#!/bin/sh
export PATH=/bin HOME=/tmp
busybox mount -t devtmpfs devtmpfs /dev
busybox mount -t proc proc /proc
exec </dev/null >/dev/ttyS0 2>&1
busybox stty -F /dev/ttyS0 115200 -opost
busybox stty -F /dev/ttyS1 115200 -opost -echo
busybox env ${variables[*]@Q} /program ${*@Q} >/dev/ttyS1 2>&1
status=\$?
busybox stty -F /dev/ttyS1 -opost
echo
echo "guest status: \$status"
busybox stty -F /dev/ttyS0 -opost
busybox reboot -f
END
chmod 755 "$run/root/init"
(cd "$run/root" && find . | cpio -o -H newc -R 0:0 --quiet) >"$run/cd/initrd"

# clearcpuid: Bochs 2.7 reports a wrong size of the compacted XSAVE area, and a kernel that notices disables all of AVX.
# tsc_early_khz: one tick per instruction; with the rate of CPUID, idle waits would be very long. panic, reboot: end by
# a triple fault. The other options leave out things that a quick boot does not need.
cat >"$run/cd/isolinux/isolinux.cfg" <<'END'
default linux
prompt 0
label linux
 linux /vmlinuz
 initrd /initrd
 append console=ttyS0 quiet clearcpuid=xsavec,xsaves tsc_early_khz=50000 panic=-1 reboot=t nokaslr mitigations=off acpi=off noapic nolapic pci=off lsm= cryptomgr.notests i8042.noaux i8042.nokbd
END
xorriso -as mkisofs -quiet -o "$run/cd.iso" -b isolinux/isolinux.bin -c isolinux/boot.cat \
  -no-emul-boot -boot-load-size 4 -boot-info-table "$run/cd" 2>/dev/null

# ips: instructions per second of the guest's time, which is unrelated to the real speed. Without sound, because Bochs's
# mixer thread can crash at the start.
cat >"$run/bochsrc" <<'END'
config_interface: textconfig
display_library: term
memory: guest=1024, host=1024
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
cpu: model=corei7_skylake_x, count=1, ips=50000000, reset_on_triple_fault=0, ignore_bad_msrs=1
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
END
# Debian's Bochs starts in its debugger, which waits for a command. Bochs ignores SIGTERM.
echo continue >"$run/debugger.rc"
touch "$run/console" "$run/output"
(cd "$run" && TERM=vt100 timeout --signal=KILL "$seconds" bochs-bin -q -f bochsrc -rc debugger.rc) \
  </dev/null >"$run/bochs.out" 2>&1 || true
cat "$run/output"
status=$(tr -d '\r' <"$run/console" | sed -n 's/^guest status: //p')
if [[ -z $status ]]; then
  echo "emulate_avx512.sh: the emulation ended before the program, after $seconds seconds at most" >&2
  tail -n 5 "$run/console" "$run/bochs.out" >&2
  exit 1
fi
exit "$status"

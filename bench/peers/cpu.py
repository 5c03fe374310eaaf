"""What the comparison needs to know of the CPU."""

from __future__ import annotations

import platform
from pathlib import Path


def _cpuinfo() -> dict[str, str]:
    """The lines of the first processor, by their names; empty where there is no such file."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return {}
    lines = (line.split(":", 1) for line in text.split("\n\n")[0].splitlines() if ":" in line)
    return {name.strip(): value.strip() for name, value in lines}


def cpu_name() -> str:
    return _cpuinfo().get("model name", platform.machine())


def adds_pairs_in_16_bits() -> bool:
    """Whether the only instruction that multiplies u8 by s8 is vpmaddubsw: on x86 without VNNI. It saturates: 2 products of
    255 and 127 are 64770, and it gives 32767. (Only x86 calls that line "flags".)"""
    flags = _cpuinfo().get("flags")
    return flags is not None and not {"avx512_vnni", "avx_vnni"} & set(flags.split())

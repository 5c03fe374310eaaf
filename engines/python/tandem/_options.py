"""The options of both plug-ins, checked where the caller can still see the line that is wrong."""

from __future__ import annotations

import math
import os
from typing import Union

PathLike = Union[str, "os.PathLike[str]"]

MOST_THREADS = 256
ROUNDINGS = ("even", "single", "double")


def to_strings(
    threads: int | None,
    least_gain: float | None,
    explain: PathLike | None,
    profile: bool,
    rounding: str | None = None,
) -> dict[str, str]:
    """As the plug-ins take them; what is not given is left to them. Raises ValueError with the option's name."""
    strings = {}
    if threads is not None:
        if isinstance(threads, bool) or not isinstance(threads, int) or not 1 <= threads <= MOST_THREADS:
            raise ValueError(f"threads is {threads!r}; it may be None or a whole number from 1 to {MOST_THREADS}")
        strings["threads"] = str(threads)
    if least_gain is not None:
        if not isinstance(least_gain, (int, float)) or not math.isfinite(least_gain) or least_gain < 0:
            raise ValueError(f"least_gain is {least_gain!r}; it may be None or a number from 0 on")
        strings["least_gain"] = repr(float(least_gain))
    if explain is not None:
        path = os.fspath(explain)
        if not path:
            raise ValueError('explain is ""; it may be None, "stderr" or the path of a file')
        strings["explain"] = path
    if profile:
        strings["profile"] = "1"
    if rounding is not None:
        if rounding not in ROUNDINGS:
            raise ValueError(f'rounding is {rounding!r}; it may be None, "even", "single" or "double"')
        strings["rounding"] = rounding
    return strings

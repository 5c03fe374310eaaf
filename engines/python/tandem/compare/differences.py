"""How far the answers with Tandem are from those of the engine alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

ALLOWED = 1e-4
"""A difference, as a share of the largest value of its output, that rounding explains."""


@dataclass(frozen=True)
class Difference:
    """Of one output."""

    output: str
    largest: float
    """largest absolute difference / largest absolute value; infinite if shapes or NaN disagree"""
    same_top: bool | None
    """whether every row has its largest value in the same place; None if the output is no list of scores"""

    @property
    def agrees(self) -> bool:
        return self.largest <= ALLOWED and self.same_top is not False


def _largest(expected: np.ndarray, found: np.ndarray) -> float:
    expected, found = expected.astype(np.float64), found.astype(np.float64)
    finite = np.isfinite(expected)
    # NaN and infinities have to be the same ones in the same places.
    if not np.array_equal(np.where(finite, 0, expected), np.where(finite, 0, found), equal_nan=True):
        return float("inf")
    if not finite.any():
        return 0.0
    difference = float(np.abs(expected - found, where=finite, out=np.zeros_like(expected)).max())
    scale = float(np.abs(expected[finite]).max())
    return difference / scale if scale > 0 else difference


def compare_outputs(
    names: Sequence[str], expected: Sequence[np.ndarray], found: Sequence[np.ndarray]
) -> list[Difference]:
    differences = []
    for name, one, other in zip(names, expected, found):
        if one.shape != other.shape or one.dtype != other.dtype:
            differences.append(Difference(name, float("inf"), None))
            continue
        if one.size == 0 or one.dtype.kind not in "fiub":
            differences.append(Difference(name, 0.0 if np.array_equal(one, other) else float("inf"), None))
            continue
        same_top = None
        if one.ndim == 2 and one.shape[1] > 1 and one.dtype.kind == "f":
            same_top = bool(np.array_equal(one.argmax(axis=1), other.argmax(axis=1)))
        differences.append(Difference(name, _largest(one, other), same_top))
    return differences

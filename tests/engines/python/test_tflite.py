"""tandem.tflite: interpreters with Tandem, and those that have to do without."""

from __future__ import annotations

import unittest
import warnings
from pathlib import Path
from unittest import mock

import numpy as np

import tandem
import tandem.explain
import tandem.tflite
from support import MODELS, TFLITE_MODEL, InFolder, difference, needs_models, noise


def outputs(interpreter: object) -> list[np.ndarray]:
    interpreter.allocate_tensors()
    for source in interpreter.get_input_details():
        interpreter.set_tensor(source["index"], noise(tuple(source["shape"])))
    interpreter.invoke()
    return [interpreter.get_tensor(output["index"]) for output in interpreter.get_output_details()]


@needs_models
class Interpreters(InFolder):
    def setUp(self) -> None:
        super().setUp()
        self.model = MODELS / TFLITE_MODEL
        self.engine = tandem.tflite._engine()
        self.expected = outputs(self.engine.Interpreter(str(self.model), num_threads=1))

    def test_a_path_as_text_or_object_and_bytes_are_models(self) -> None:
        for model in (self.model, str(self.model), self.model.read_bytes()):
            with self.subTest(kind=type(model).__name__), warnings.catch_warnings():
                warnings.simplefilter("error")
                found = outputs(tandem.tflite.interpreter(model, threads=2))
                self.assertLessEqual(difference(self.expected, found), 1e-4)

    def test_a_delegate_goes_into_an_interpreter_of_the_engine(self) -> None:
        explained = self.folder / "explained.json"
        delegates = [tandem.tflite.delegate(explain=explained, least_gain=0)]
        interpreter = self.engine.Interpreter(str(self.model), experimental_delegates=delegates, num_threads=2)
        self.assertLessEqual(difference(self.expected, outputs(interpreter)), 1e-4)
        explanation = tandem.explain.read(explained)
        self.assertEqual((explanation.engine, explanation.threads), ("tflite", 2))
        self.assertGreater(explanation.share, 0.95)

    def test_wrong_options_are_named(self) -> None:
        with self.assertRaisesRegex(ValueError, "threads is 0; it may be"):
            tandem.tflite.delegate(threads=0)
        with self.assertRaisesRegex(ValueError, "least_gain is -1; it may be"):
            tandem.tflite.interpreter(self.model, least_gain=-1)
        with self.assertRaisesRegex(ValueError, "rounding is 'up'; it may be None, \"even\""):
            tandem.tflite.delegate(rounding="up")
        tandem.tflite.delegate(rounding="double")

    def test_a_damaged_model_is_the_engines_error(self) -> None:
        damaged = self.folder / "damaged.tflite"
        damaged.write_bytes(b"no model")
        with self.assertRaises(ValueError):
            tandem.tflite.interpreter(damaged).allocate_tensors()

    def test_a_library_that_is_missing_or_none_leaves_the_engine_alone(self) -> None:
        none = self.folder / "none.so"
        none.write_text("no library")
        for library, sentence in (
            (self.folder / "missing.so", "missing.so is missing"),
            (none, "cannot load .*none.so"),
        ):
            with (
                self.subTest(library=library.name),
                mock.patch.object(tandem.tflite, "tflite_library", return_value=library),
            ):
                with self.assertWarnsRegex(RuntimeWarning, f"^Tandem is not used: .*{sentence}") as caught:
                    interpreter = tandem.tflite.interpreter(self.model, threads=1)
                self.assertEqual(Path(caught.filename).name, Path(__file__).name)
                self.assertEqual(difference(self.expected, outputs(interpreter)), 0)
                with self.assertRaisesRegex(tandem.Unavailable, sentence):
                    tandem.tflite.delegate()


if __name__ == "__main__":
    unittest.main()

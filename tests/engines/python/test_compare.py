"""The program tandem-compare, from its command line to its files."""

from __future__ import annotations

import contextlib
import io
import json
import unittest
from pathlib import Path
from unittest import mock

import numpy as np

import tandem.onnxruntime
from support import MODELS, TFLITE_MODEL, InFolder, needs_models, onnx_model
from tandem.compare.__main__ import main


def has(package: str) -> bool:
    try:
        __import__(package)
    except ImportError:
        return False
    return True


class Program(InFolder):
    def run_program(self, *arguments: object) -> tuple[int, str, str]:
        """Exit code, standard output, standard error."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                code = main([str(argument) for argument in arguments])
            except SystemExit as stop:
                code = int(stop.code or 0)
        return code, out.getvalue(), err.getvalue()

    def save(self, model: bytes, name: str = "model.onnx") -> Path:
        path = self.folder / name
        path.write_bytes(model)
        return path


class Compares(Program):
    def test_an_onnx_model_is_explained_timed_and_checked(self) -> None:
        file = self.folder / "figures.json"
        code, text, errors = self.run_program(
            self.save(onnx_model()), "--threads", "1,2", "--rounds", 2, "--least-gain", 0, "--json", file
        )
        self.assertEqual((code, errors), (0, ""))
        self.assertIn("input x 1x3x24x20", text)
        self.assertIn("takes 3 of 3 nodes in 1 subgraph, 100.0 % of the", text)
        self.assertIn("The answers are the same", text)
        self.assertIn("Tandem takes every node.", text)
        figures = json.loads(file.read_text())
        self.assertEqual(figures["multiply_adds"], 24 * 20 * (27 * 32 + 32 * 8))
        self.assertEqual([row["threads"] for row in figures["threads"]], [1, 2])
        for row in figures["threads"]:
            self.assertAlmostEqual(row["ratio"], row["alone"]["fastest"] / row["tandem"]["fastest"])
            self.assertLess(row["differences"][0]["largest"], 1e-4)

    def test_nodes_that_tandem_leaves_are_named_with_a_reason(self) -> None:
        code, text, errors = self.run_program(self.save(onnx_model(operator="Sin")), "--threads", 1, "--rounds", 1)
        self.assertEqual((code, errors), (0, ""))
        self.assertRegex(text, r"1 Sin: .+\n +between")

    def test_open_sizes_get_defaults_or_the_users(self) -> None:
        model = self.save(onnx_model(("H", "W")))
        for options, shape in (
            ([], "1x3x640x640"),
            (["--shape", "x=2x3x32x48"], "2x3x32x48"),
            (["--shape", "1x3x32x48"], "1x3x32x48"),
        ):
            with self.subTest(options=options):
                code, text, errors = self.run_program(model, "--threads", 1, "--rounds", 1, *options)
                self.assertEqual((code, errors), (0, ""))
                self.assertIn(f"input x {shape}", text)

    @unittest.skipUnless(has("PIL"), "pillow is not installed")
    def test_a_picture_is_the_input(self) -> None:
        from PIL import Image

        from tandem.compare.inputs import Input, make_feeds

        picture = self.folder / "picture.png"
        Image.new("RGB", (7, 5), (255, 0, 0)).save(picture)
        for shape, channels in (((1, 3, 4, 6), 1), ((1, 4, 6, 3), 3)):
            feeds = make_feeds([Input("x", np.dtype(np.float32), shape)], {"x": shape}, picture)
            red = np.moveaxis(feeds["x"], channels, -1)
            self.assertEqual(red.shape, (1, 4, 6, 3))
            np.testing.assert_array_equal(np.unique(red.reshape(-1, 3), axis=0), [[1, -1, -1]])
        code, _, errors = self.run_program(self.save(onnx_model()), "--image", picture, "--threads", 1, "--rounds", 1)
        self.assertEqual((code, errors), (0, ""))

    @unittest.skipUnless(has("matplotlib"), "matplotlib is not installed")
    def test_the_plot_shows_both_and_a_timeline(self) -> None:
        plot = self.folder / "figure.svg"
        code, text, errors = self.run_program(
            self.save(onnx_model(operator="Sin")), "--threads", "1,2", "--rounds", 1, "--least-gain", 0, "--plot", plot
        )
        self.assertEqual((code, errors), (0, ""))
        drawn = plot.read_text()
        for words in (
            "model.onnx",
            "+ Tandem, 2 threads",
            "times as fast",
            "One run, node after node",
            ">Sin<",
            ">Tandem<",
        ):
            self.assertIn(words, drawn)

    @needs_models
    def test_a_tflite_model(self) -> None:
        file = self.folder / "figures.json"
        code, text, errors = self.run_program(MODELS / TFLITE_MODEL, "--threads", "1,2", "--rounds", 2, "--json", file)
        self.assertEqual(code, 0, errors)
        self.assertRegex(text, "engine +(LiteRT|TFLite) [0-9]")
        self.assertIn("The answers are the same", text)
        figures = json.loads(file.read_text())
        self.assertGreater(figures["claimed_multiply_adds"], 0.95 * figures["multiply_adds"])

    @needs_models
    @unittest.skipUnless(has("matplotlib"), "matplotlib is not installed")
    def test_a_tflite_models_plot_has_tandems_groups(self) -> None:
        plot = self.folder / "figure.png"
        code, _, errors = self.run_program(MODELS / TFLITE_MODEL, "--threads", 1, "--rounds", 1, "--plot", plot)
        self.assertEqual(code, 0, errors)
        self.assertTrue(plot.read_bytes().startswith(b"\x89PNG"))


class Refuses(Program):
    def check(self, code: int, sentence: str, *arguments: object) -> None:
        found, _, errors = self.run_program(*arguments)
        self.assertEqual(found, code, errors)
        self.assertIn(sentence, errors)

    def test_a_wrong_command_line_is_named(self) -> None:
        for sentence, arguments in (
            ("'0' should be a whole number from 1 to 256", ["--threads", "0"]),
            ("'a' should be a whole number", ["--threads", "1,a"]),
            ("'0' should be a whole number from 1 on", ["--rounds", "0"]),
            ("'x=1x' should look like", ["--shape", "x=1x"]),
            ("'a.jpg' should end in .svg or .png", ["--plot", "a.jpg"]),
            ("'-1' should be a number from 0 on", ["--least-gain=-1"]),
        ):
            with self.subTest(arguments=arguments):
                self.check(2, sentence, "model.onnx", *arguments)

    def test_a_file_that_is_no_model_is_named(self) -> None:
        self.check(1, "there is no file missing.onnx", "missing.onnx")
        self.check(1, "model.pt should end in .onnx or .tflite", self.save(b"", "model.pt"))
        self.check(1, "cannot load", self.save(b"no model", "damaged.onnx"))
        self.check(1, "cannot load", self.save(b"no model", "damaged.tflite"))

    def test_a_shape_that_does_not_fit_is_named(self) -> None:
        model = self.save(onnx_model())
        self.check(1, "--shape gives 1x3x24, but the model's input is x (?x3x24x20)", model, "--shape", "1x3x24")
        self.check(1, "--shape gives 1x4x24x20, but", model, "--shape", "1x4x24x20")
        self.check(1, '--shape names the input "y"; the model has "x"', model, "--shape", "y=1x3x24x20")

    def test_a_picture_that_cannot_be_read_is_named(self) -> None:
        self.check(1, "--image", self.save(onnx_model()), "--image", self.folder / "missing.png")

    def test_without_tandem_there_is_no_comparison(self) -> None:
        with mock.patch.object(tandem.onnxruntime, "_devices", side_effect=tandem.Unavailable("for a test")):
            self.check(1, "Tandem is not used: for a test", self.save(onnx_model()), "--threads", "1")

    def test_other_answers_are_an_error(self) -> None:
        from tandem.compare import comparison

        planted = [comparison.Difference("y", 0.5, same_top=False)]
        with mock.patch.object(comparison, "compare_outputs", return_value=planted):
            code, text, _ = self.run_program(self.save(onnx_model()), "--threads", 1, "--rounds", 1)
        self.assertEqual(code, 1)
        self.assertIn(
            "DIFFERENT: output y with 1 thread is off by 5.0e-01 of its largest value and another top answer", text
        )


if __name__ == "__main__":
    unittest.main()

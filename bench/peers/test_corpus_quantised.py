#!/usr/bin/env python3
"""Tests of the corpus on 8 bits: the layers that engines get are held against the formula, in corpus_worker, which the
environment variable TANDEM_CORPUS_WORKER names, and in the engines that are installed."""

from __future__ import annotations

import os
import tempfile
import unittest
from importlib.util import find_spec
from pathlib import Path

import numpy as np

import corpus_models
import corpus_quantised
from corpus_layers import Layer
from corpus_quantised import DST
from corpus_rounds import STEPS, Lane
from engines import Engine, EngineError, all_engines
from networks import INPUT
from test_corpus import DESCRIPTION, convolve

WORKER_PROGRAM = Path(os.environ.get("TANDEM_CORPUS_WORKER", "none"))

# A layer of each operator, one with odd channels and padding at the wrong end for TFLite.
QUANTISED = [
    DESCRIPTION,
    {**DESCRIPTION, "name": "pointwise", "filter_oihw": [7, 4, 1, 1], "stride": [1, 1], "pads_tlbr": [0] * 4},
    {**DESCRIPTION, "name": "depthwise", "filter_oihw": [4, 1, 3, 3], "stride": [1, 1], "pads_tlbr": [1] * 4, "groups": 4},
    {**DESCRIPTION, "name": "gemm", "op": "gemm", "filter_oihw": [6, 4, 1, 1], "stride": [1, 1], "pads_tlbr": [0] * 4},
]


class Quantised(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def expected(self, layer: Layer) -> np.ndarray:
        """The integers of the output, by the formula."""
        q = corpus_quantised.quantise(layer)
        src = q.tensors[INPUT].astype(np.int64) - q.src.zero_point
        sums = convolve(src, q.tensors["filter"].astype(np.int64), layer.axes) + q.tensors["bias"]
        steps = np.rint(sums.astype(np.float32) * (q.bias_scales / np.float32(DST.scale)))
        return np.clip(steps + DST.zero_point, 0, 255)

    def answer(self, engine: Engine, layer: Layer) -> np.ndarray:
        """The engine's output in steps."""
        restore = corpus_quantised.WRITERS[engine.name](layer, self.folder)
        lane = Lane(engine, 1, engine.start(self.folder / "log"))
        try:
            lane.load(self.folder, layer=layer.description, isa="", type="int8")
            lane.run(untimed=0, count=1, runs=1)
            lane.worker.ask("output", file=str(self.folder / "output"))
        finally:
            lane.worker.end()
        return restore(np.fromfile(self.folder / "output", np.float32)) / DST.scale + DST.zero_point

    def test_outputs_use_the_range_of_their_type(self) -> None:
        for description in QUANTISED:
            values = self.expected(Layer(description))
            self.assertGreater(np.unique(values).size, 40, description["name"])

    @unittest.skipUnless(WORKER_PROGRAM.is_file(), "TANDEM_CORPUS_WORKER names no program")
    def test_tandem_computes_the_formula(self) -> None:
        tandem = Engine("tandem", "Tandem", program=WORKER_PROGRAM, type="int8")
        for description in QUANTISED:
            layer = Layer(description)
            self.assertTrue(np.allclose(self.answer(tandem, layer), self.expected(layer), atol=1e-6), layer.name)

    def test_engines_compute_the_formula(self) -> None:
        for engine in all_engines(self.folder):
            if engine.name not in ("onnxruntime", "litert"):
                continue
            for description in QUANTISED:
                with self.subTest(engine.name, layer=description["name"]):
                    try:
                        engine.check_installed()
                    except EngineError as error:
                        self.skipTest(str(error))
                    layer = Layer(description)
                    steps = np.abs(self.answer(engine, layer) - self.expected(layer))
                    self.assertLessEqual(steps.max(), STEPS)

    @unittest.skipUnless(find_spec("onnx") and find_spec("onnxruntime"), "there is no onnx or onnxruntime")
    def test_onnxruntime_is_timed_without_transpositions(self) -> None:
        import onnx

        for description in QUANTISED:
            corpus_quantised.write_onnxruntime(Layer(description), self.folder)
            run = corpus_models.optimise(onnx.load(self.folder / "model.onnx"), self.folder)
            self.assertEqual(len(run.graph.node), 1, [node.op_type for node in run.graph.node])


if __name__ == "__main__":
    unittest.main()

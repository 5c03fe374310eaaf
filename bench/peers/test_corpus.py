#!/usr/bin/env python3
"""Tests of corpus.py that need no other engine. They use the workers of test_peers.py."""

from __future__ import annotations

import contextlib
import io
import json
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import numpy as np

import corpus
import corpus_models
import corpus_quantised
from corpus_layers import Axis, Layer
from corpus_quantised import DST
from corpus_report import FASTER, network_totals, peers, ratio, with_ratio
from engines import Engine
from networks import INPUT
from report import FP32
from test_peers import NO_PLOTS

DESCRIPTION = {
    "name": "regular 3x3 s2 8x8x4-6 pad 1 1 0 0",
    "kind": "regular 3x3",
    "multiply_adds": 4 * 4 * 6 * 4 * 9,
    "uses": {"some": 2},
    "op": "conv",
    "input_nhwc": [1, 8, 8, 4],
    "filter_oihw": [6, 4, 3, 3],
    "stride": [2, 2],
    "dilation": [1, 1],
    "pads_tlbr": [1, 1, 0, 0],
    "groups": 1,
}


def convolve(src: np.ndarray, filter_: np.ndarray, axes: tuple[Axis, Axis]) -> np.ndarray:
    """By the definition: [N, H, W, C] and [M, C or 1, KH, KW] -> [N, OH, OW, M]."""
    padded = np.pad(src, ((0, 0), *((a.before, a.after) for a in axes), (0, 0)))
    rows, columns = axes
    dst = np.zeros((len(src), rows.output, columns.output, len(filter_)))
    for y in range(rows.output):
        for x in range(columns.output):
            window = padded[:, y * rows.stride :, x * columns.stride :][:, : rows.kernel, : columns.kernel]
            if filter_.shape[1] == 1:
                dst[:, y, x] = np.einsum("nhwm,mhw->nm", window, filter_[:, 0])
            else:
                dst[:, y, x] = np.einsum("nhwc,mchw->nm", window, filter_)
    return dst


class Models(unittest.TestCase):
    def test_axes_and_shapes(self) -> None:
        layer = Layer(DESCRIPTION)
        self.assertEqual(layer.axes, (Axis(8, 3, 2, 1, 1, 0), Axis(8, 3, 2, 1, 1, 0)))
        self.assertEqual(layer.dst_shape, (1, 4, 4, 6))
        self.assertEqual({n: t.shape for n, t in layer.tensors.items()}, {INPUT: (1, 8, 8, 4), "filter": (6, 4, 3, 3), "bias": (6,)})

    def test_tensors_are_the_same_each_time(self) -> None:
        for name, tensor in Layer(DESCRIPTION).tensors.items():
            self.assertTrue((tensor == Layer(DESCRIPTION).tensors[name]).all(), name)

    def test_paddings_in_words(self) -> None:
        same, lopsided, turned = Axis(7, 3, 1, 1, 1, 1), Axis(8, 3, 2, 1, 0, 1), Axis(8, 3, 2, 1, 1, 0)
        for axes, expected in (
            ((Axis(7, 3, 1, 1, 0, 0),) * 2, ("VALID", ())),
            ((same, same), ("SAME", ())),
            ((lopsided, lopsided), ("SAME", ())),
            ((same, turned), ("SAME", (2,))),
            ((turned, turned), ("SAME", (1, 2))),
        ):
            self.assertEqual(corpus_models.tflite_padding(axes), expected)
        with self.assertRaisesRegex(ValueError, "padding of 2 and 0"):
            corpus_models.tflite_padding((same, Axis(7, 3, 1, 1, 2, 0)))

    def test_a_layer_that_is_turned_round_computes_the_same(self) -> None:
        layer = Layer(DESCRIPTION)
        _, back = corpus_models.tflite_padding(layer.axes)
        src, filter_ = np.flip(layer.tensors[INPUT], back), np.flip(layer.tensors["filter"], tuple(a + 1 for a in back))
        turned = tuple(Axis(a.input, a.kernel, a.stride, a.dilation, a.after, a.before) for a in layer.axes)
        expected = convolve(layer.tensors[INPUT], layer.tensors["filter"], layer.axes)
        self.assertTrue(np.allclose(np.flip(convolve(src, filter_, turned), back), expected))

    def test_blocks_of_channels(self) -> None:
        nhwc = np.arange(1 * 2 * 3 * 5, dtype=np.float32).reshape(1, 2, 3, 5)
        # As the worker makes it NCHW, it lies in memory as [N, C / 4, H, W, 4].
        memory = np.ascontiguousarray(corpus_models._to_blocks(nhwc, 8, 4).transpose(0, 3, 1, 2)).reshape(1, 2, 2, 3, 4)
        self.assertTrue((memory[0, 0] == nhwc[0, ..., :4]).all())
        self.assertTrue((memory[0, 1, ..., 0] == nhwc[0, ..., 4]).all())
        self.assertFalse(memory[0, 1, ..., 1:].any())


def layer_of(name: str, seconds: dict[str, float], uses: dict[str, int], wrong: tuple[str, ...] = ()) -> dict:
    """Wrong: engines that compute another layer."""
    results = [
        {"engine": e, "threads": 1, "min_seconds": s, "error": 2.0 if e in wrong else 0.0, "limit": 1.0}
        for e, s in seconds.items()
    ]
    return {**DESCRIPTION, "name": name, "uses": uses, "results": results}


class Summary(unittest.TestCase):
    REPORT = {
        "engines": {"tandem": {}, "onnxruntime": {}, "litert": {}},
        "layers": [
            layer_of("a", {"tandem": 1.0, "onnxruntime": 2.0, "litert": 4.0}, {"one": 1, "two": 3}),
            layer_of("b", {"tandem": 2.0, "onnxruntime": 3.0, "litert": 1.0}, {"two": 1}),
        ],
    }

    def test_ratio_against_the_faster(self) -> None:
        ratios = [ratio(self.REPORT, layer, FASTER, 1) for layer in self.REPORT["layers"]]
        self.assertEqual(ratios, [2.0, 0.5])

    def test_fp32_beside_8_bits_is_no_other_engine(self) -> None:
        layer = layer_of("a", {"tandem": 1.0, FP32: 0.5, "onnxruntime": 2.0, "litert": 4.0}, {})
        report = {"engines": {"tandem": {}, FP32: {}, "onnxruntime": {}, "litert": {}}, "layers": [layer]}
        self.assertEqual(peers(report), [FP32, "onnxruntime", "litert", FASTER])
        self.assertEqual([ratio(report, layer, peer, 1) for peer in peers(report)], [0.5, 2.0, 4.0, 2.0])

    def test_a_network_counts_each_layer_as_often_as_it_has_it(self) -> None:
        totals = network_totals(self.REPORT, 1)
        self.assertEqual(totals["one"], {"tandem": 1.0, "onnxruntime": 2.0, "litert": 4.0, FASTER: 2.0})
        self.assertEqual(totals["two"], {"tandem": 5.0, "onnxruntime": 9.0, "litert": 13.0, FASTER: 7.0})

    def test_the_time_of_another_layer_does_not_count(self) -> None:
        times = {"tandem": 1.0, "onnxruntime": 2.0, "litert": 4.0}
        layers = [
            layer_of("a", times, {"one": 1}, wrong=("onnxruntime",)),
            layer_of("b", times, {"one": 1, "two": 1}),
            layer_of("c", times, {"three": 1}, wrong=("onnxruntime", "litert")),
        ]
        report = {**self.REPORT, "layers": layers}
        self.assertEqual([ratio(report, layer, "onnxruntime", 1) for layer in layers], [None, 2.0, None])
        self.assertEqual([ratio(report, layer, FASTER, 1) for layer in layers], [4.0, 2.0, None])
        self.assertEqual([(x["name"], r) for x, r in with_ratio(report, layers, FASTER, 1)], [("a", 4.0), ("b", 2.0)])
        totals = network_totals(report, 1)
        self.assertEqual(totals["one"], {"tandem": 2.0, "onnxruntime": None, "litert": 8.0, FASTER: 6.0})
        self.assertEqual(totals["two"], times | {FASTER: 2.0})
        self.assertEqual(totals["three"], {"tandem": 1.0, "onnxruntime": None, "litert": None, FASTER: None})


WORKER = """#!{python}
import json, sys
if "--layers" in sys.argv:
    print(json.dumps({layers}))
    sys.exit()
int8 = False
for line in sys.stdin:
    request = json.loads(line)
    int8 = request.get("type") == "int8" if request["command"] == "load" else int8
    if request["command"] == "output":
        import struct
        open(request["file"], "wb").write(struct.pack("{count}f", *{output}))
    print(json.dumps({answers}[request["command"]]), flush=True)
"""
ANSWERS = {
    "load": {"version": "1", "isa": "avx2", "compiler": "none", "kernel": "k", "plan": "p", "predicted_seconds": 2e-3},
    "run": {"seconds": [2e-3, 1e-3]},
    "output": {"elements": 96},
    "peak": {"flops_per_second": 1e11},
}


class Corpus(unittest.TestCase):
    """corpus.py from end to end: Tandem, and one peer that is a small program, too."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.layers = [DESCRIPTION, {**DESCRIPTION, "name": "another"}]
        self.write_worker("corpus_worker", ANSWERS)
        self.write_worker("peer_worker", {**ANSWERS, "run": {"seconds": [3e-3, 4e-3]}})

    def write_worker(self, name: str, answers: dict, output: str = "[1.0] * 96") -> None:
        path = self.folder / name
        text = WORKER.format(python=sys.executable, layers=self.layers, answers=answers, output=output, count=96)
        path.write_text(text)
        path.chmod(0o755)

    def corpus(self, *options: str) -> tuple[int, str]:
        """Exit code, and what was printed."""
        printed = io.StringIO()
        command = ["corpus.py", f"--programs={self.folder}", f"--output={self.folder}", "--rounds=1", *options]
        peer = Engine("onnxruntime", "ONNX Runtime", program=self.folder / "peer_worker")
        with (
            mock.patch("corpus.all_engines", return_value=[peer]),
            mock.patch.dict(corpus_models.WRITERS, onnxruntime=corpus_models.write_tandem),
            mock.patch.dict(corpus_quantised.WRITERS, onnxruntime=corpus_quantised.write_tandem),
            mock.patch("sys.argv", command),
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(printed),
        ):
            code = corpus.main()
        return code, printed.getvalue()

    def report(self, name: str = "corpus") -> dict:
        return json.loads((self.folder / f"{name}.json").read_text())

    def test_measures_every_layer(self) -> None:
        code, printed = self.corpus()
        self.assertEqual(code, 0, printed)
        self.assertEqual([layer["name"] for layer in self.report()["layers"]], [x["name"] for x in self.layers])
        self.assertEqual([r["min_seconds"] for r in self.report()["layers"][0]["results"]], [1e-3, 3e-3])
        self.assertRegex(printed, r"regular 3x3 +2 \| +3\.00  3\.00 +0")
        self.assertIn("100 % within 3 x", printed)

    def test_tandem_alone_is_measured_too(self) -> None:
        (self.folder / "peer_worker").unlink()
        code, printed = self.corpus()
        self.assertEqual(code, 0, printed)
        self.assertRegex(printed, "Not measured: onnxruntime: its worker peer_worker has not been built")

    def test_a_peer_that_computes_something_else_ends_with_1(self) -> None:
        for wrong in ("[1.0] * 95 + [1.0001]", "[float('nan')] * 96"):
            self.write_worker("peer_worker", ANSWERS, output=wrong)
            code, printed = self.corpus()
            self.assertEqual(code, 1, wrong)
            self.assertIn("ONNX Runtime computes another regular 3x3", printed)

    def test_resume_measures_what_is_left(self) -> None:
        self.assertEqual(self.corpus()[0], 0)
        kept = self.report()
        del kept["layers"][1]
        kept["layers"][0]["results"][0]["min_seconds"] = 0.5
        (self.folder / "corpus.json").write_text(json.dumps(kept))
        code, printed = self.corpus("--resume")
        self.assertEqual(code, 0, printed)
        self.assertEqual([x["results"][0]["min_seconds"] for x in self.report()["layers"]], [0.5, 1e-3])
        code, printed = self.corpus("--resume", "--threads=2")
        self.assertEqual(code, 1)
        self.assertIn("has threads [1], not [2]", printed)

    def test_8_bits_are_measured_beside_fp32(self) -> None:
        # Steps of 8 bits from the fake workers, and real numbers from the one of fp32.
        self.write_worker("peer_worker", {**ANSWERS, "run": {"seconds": [3e-3]}}, output="[200.0] * 95 + [201.0]")
        self.write_worker("corpus_worker", ANSWERS, output=f"[200.0 if int8 else {73 * DST.scale}] * 96")
        code, printed = self.corpus("--type=int8")
        self.assertEqual(code, 0, printed)
        results = self.report("corpus_int8")["layers"][0]["results"]
        self.assertEqual([r["engine"] for r in results], ["tandem", FP32, "onnxruntime"])
        self.assertRegex(printed, r"Tandem in fp32: mean worst slower \| +ONNX Runtime: mean")
        self.assertRegex(printed, r"regular 3x3 +2 \| +1\.00  1\.00 +0 \| +3\.00  3\.00 +0")
        self.write_worker("corpus_worker", ANSWERS, output="[200.0 if int8 else 3.0] * 96")
        code, printed = self.corpus("--type=int8")
        self.assertEqual(code, 1, printed)
        self.assertIn("Tandem in fp32 computes another regular 3x3", printed)

    def test_8_bits_of_a_peer_that_computes_something_else_do_not_count(self) -> None:
        self.write_worker("corpus_worker", ANSWERS, output=f"[200.0 if int8 else {73 * DST.scale}] * 96")
        for wrong in ("[200.0] * 95 + [202.0]", "[210.0] * 96", "[float('nan')] * 96"):
            self.write_worker("peer_worker", {**ANSWERS, "run": {"seconds": [3e-3]}}, output=wrong)
            code, printed = self.corpus("--type=int8")
            self.assertEqual(code, 0, printed)
            self.assertRegex(printed, r"ONNX Runtime computes another regular 3x3 [^\n]*; its 3000.0 us do not count")
            self.assertRegex(printed, r"regular 3x3 +2 \| +1\.00  1\.00 +0 \| +-  +- +- \|")
            self.assertRegex(printed, r"some +4\.00 +4\.00 +1\.00 +-\n")
            self.assertEqual(self.report("corpus_int8")["layers"][0]["results"][2]["min_seconds"], 3e-3)

    @unittest.skipIf(NO_PLOTS, f"matplotlib: {NO_PLOTS}")
    def test_draws_a_stored_result(self) -> None:
        self.assertEqual(self.corpus()[0], 0)
        figure = self.folder / "figure.svg"
        code, printed = self.corpus(f"--from-json={self.folder / 'corpus.json'}", f"--plot={figure}")
        self.assertEqual(code, 0, printed)
        self.assertIn("regular 3x3 (2)", figure.read_text())


if __name__ == "__main__":
    unittest.main()

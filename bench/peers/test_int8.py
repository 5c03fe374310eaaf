#!/usr/bin/env python3
"""The comparison of quantised networks: run_tests.sh runs it, and ctest runs that.

quantised_reference.py computes a small network by the formulas. tandem_worker, which the environment variable
TANDEM_WORKER names, is held against it bit by bit, and each engine that is installed within a bound.
"""

from __future__ import annotations

import dataclasses
import json
import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import numpy as np

import quantised_reference as reference
from agreement import INT8_TOLERANCE, Disagreement, QuantisedDifference, compare_int8
from cpu import adds_pairs_in_16_bits
from engines import Engine, EngineError, int8_engines
from networks import INPUT, Network, write_safetensors, write_tensors
from quantised import Quantization, QuantisedNetwork, conv_output, quantization_of, read_quantised
from report import fastest_other
from rounds import Lane, compare_output
from saturation import at_the_end_of_its_types, differs
from test_support import ANSWERS, NO_PLOTS, CompareTestCase, small_network

PROGRAMS = Path(os.environ.get("TANDEM_WORKER", "none/tandem_worker")).parent

# Of the logits. An engine that rounds a sum or a mean by a formula of its own may be a step off there, which is one or
# two here. One that does not round a convolution before it adds the residual is off in more places.
STEPS = 2.0
STEPS_OF_FUSED_SUMS = 6.0


def answer(engine: Engine, network: Network | QuantisedNetwork, folder: Path) -> np.ndarray:
    """The logits of the engine's worker, on one thread."""
    model = engine.write_model(network, folder)
    worker = engine.start(folder / "log")
    try:
        worker.ask("load", folder=str(model), threads=1, type=engine.type, settings=engine.settings)
        worker.ask("run", untimed=0, count=1)
        return np.array(worker.ask("output")["output"])
    finally:
        worker.end()


class TemporaryFolder(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)


def description_of(network: QuantisedNetwork) -> dict[str, dict]:
    """As tandem_worker writes it: a line for each layer, an addition being a layer."""
    lines = {"quantize": network.types[INPUT]}
    for step in network.steps:
        lines[step.name] = network.types[conv_output(step)]
        if step.residual:
            lines[f"{step.name}.add"] = network.types[step.name]
    return {name: {"type": "u8", "scale": q.scale, "zero_point": q.zero_point} for name, q in lines.items()}


def write_description(network: QuantisedNetwork, folder: Path) -> Path:
    path = folder / "quantised.safetensors"
    flat = {name: tensor.ravel() for name, tensor in network.tensors.items()}
    write_tensors(path, flat, {"tandem.quantised": json.dumps(description_of(network))})
    return path


class Quantised(TemporaryFolder):
    def test_types_and_weights_are_those_of_the_file(self) -> None:
        network = reference.quantise(small_network())
        logits = reference.logits(network)
        read = read_quantised(network.network, write_description(network, self.folder), logits)
        self.assertEqual(read.types, {**network.types, "classifier": quantization_of(logits)})
        for step in network.steps:
            if step.filter_shape:
                self.assertTrue(np.array_equal(read.filter(step), network.filter(step)), step.name)
                self.assertTrue(np.array_equal(read.bias(step), network.bias(step)), step.name)
                self.assertTrue(np.array_equal(read.scales(step), network.scales(step)), step.name)

    def test_a_clamp_that_the_integers_do_not_make_is_refused(self) -> None:
        for wrong in (Quantization(float(np.float32(6 / 250)), 0), Quantization(float(np.float32(6 / 255)), 1)):
            network = reference.quantise(small_network())
            network.types["stem"] = wrong
            with self.assertRaisesRegex(ValueError, "the clamp of stem"):
                read_quantised(network.network, write_description(network, self.folder), np.array([1.0]))

    def test_quantization_spans_the_values_and_zero(self) -> None:
        self.assertEqual(quantization_of(np.array([-1.0, 254.0])), Quantization(1.0, 1))
        self.assertEqual(quantization_of(np.array([51.0, 510.0])), Quantization(2.0, 0))
        self.assertEqual(quantization_of(np.array([-255.0, -3.0])), Quantization(1.0, 255))


class Agreement(unittest.TestCase):
    EXPECTED = np.linspace(-1.0, 1.0, 256)
    FP32 = EXPECTED + np.where(np.arange(256) % 2, 0.03, -0.03)

    def test_counts_logits_and_steps_of_eight_bits(self) -> None:
        step = quantization_of(self.EXPECTED).scale
        output = self.EXPECTED.copy()
        output[[3, 7, 9]] += [step, -2 * step, 0.1 * step]
        difference = compare_int8(output, self.EXPECTED, self.FP32)
        self.assertEqual((difference.differing, difference.steps), (2, 2))
        self.assertAlmostEqual(difference.error, 2 * step)
        self.assertAlmostEqual(difference.share, step * np.sqrt(5.01 / 256) / 0.03)

    def test_takes_less_than_its_share_of_what_quantising_changes(self) -> None:
        share = INT8_TOLERANCE * (self.FP32 - self.EXPECTED)
        self.assertTrue(compare_int8(self.EXPECTED + 0.99 * share, self.EXPECTED, self.FP32).agrees)
        for wrong in (self.EXPECTED + 1.01 * share, self.EXPECTED * np.nan, self.EXPECTED[:5]):
            self.assertFalse(compare_int8(wrong, self.EXPECTED, self.FP32).agrees)
        for wrong in (self.EXPECTED * np.nan, self.EXPECTED[:5]):
            self.assertEqual(compare_int8(wrong, self.EXPECTED, self.FP32), QuantisedDifference(np.inf, np.inf, 256, 255))

    def test_tandem_itself_must_agree_and_other_engines_may_differ(self) -> None:
        wrong = self.EXPECTED + 2 * (self.FP32 - self.EXPECTED)
        for family in ("tandem", "peer"):
            lane = Lane(Engine("name", "Name", type="int8", family=family), 2, mock.Mock(), {})
            if family == "peer":
                self.assertFalse(compare_output(lane, wrong, self.EXPECTED, self.FP32).agrees)
                continue
            with self.assertRaisesRegex(Disagreement, "differ by 2.00 of what quantising changes"):
                compare_output(lane, wrong, self.EXPECTED, self.FP32)

    def test_logits_of_eight_bits_are_compared_after_the_same_rounding(self) -> None:
        rounded = quantization_of(self.EXPECTED).rounded(self.EXPECTED)
        for rounds_logits in (False, True):
            lane = Lane(Engine("peer", "Peer", type="int8", rounds_logits=rounds_logits), 1, mock.Mock(), {})
            self.assertEqual(compare_output(lane, rounded, self.EXPECTED, self.FP32).share == 0.0, rounds_logits)


class Saturation(unittest.TestCase):
    def on_cpu(self, cpuinfo: str) -> bool:
        with mock.patch("cpu.Path.read_text", return_value=cpuinfo):
            return adds_pairs_in_16_bits()

    def test_x86_without_dot_products_adds_pairs_in_16_bits(self) -> None:
        self.assertTrue(self.on_cpu("processor\t: 0\nflags\t\t: fpu avx2 fma\n\nprocessor\t: 1\n"))
        for other in ("flags\t: avx2 avx_vnni\n", "flags\t: avx512f avx512_vnni\n", "Features\t: fp asimd\n", ""):
            self.assertFalse(self.on_cpu(other), other)

    def test_onnxruntime_is_asked_for_exact_sums_where_they_are_not_the_default(self) -> None:
        for saturates in (True, False):
            with mock.patch("engines.adds_pairs_in_16_bits", return_value=saturates):
                engines = {e.name: e for e in int8_engines(PROGRAMS) if e.option == "onnxruntime"}
            for name in ("onnxruntime_qdq", "onnxruntime_qoperator"):
                self.assertEqual(engines[name].settings, {"exact_sums": saturates})
            self.assertEqual((engines["onnxruntime_default"].settings, not engines["onnxruntime_default"].refusal), ({}, saturates))

    def test_half_of_the_logits_is_another_network_and_some_steps_are_not(self) -> None:
        logits = np.array([6.0, 5.9])
        self.assertFalse(differs(logits * (1 + 9 / 255), logits))
        for wrong in (logits * 32767 / 64770, logits[:1], logits * np.nan):
            self.assertTrue(differs(wrong, logits))

    def test_picture_and_weights_are_the_greatest_of_their_types(self) -> None:
        network = reference.quantise(at_the_end_of_its_types(small_network()))
        picture = network.types[INPUT].quantise(network.network.tensors[INPUT])
        self.assertTrue((picture == 255).all())
        for step in network.steps:
            if step.filter_shape:
                self.assertEqual(network.filter(step).min(), 63, step.name)  # of the reference's 7 bits

    def test_engines_that_compute_another_network_are_not_the_fastest_other(self) -> None:
        def result(engine: str, seconds: float, **agreement: bool) -> dict:
            return {"engine": engine, "min_seconds": seconds, **agreement}

        results = [
            result("tandem", 3.0, agrees=True, saturates=False),
            result("tandem_fp32", 0.5),
            result("one", 1.0, agrees=True, saturates=True),
            result("two", 2.0, agrees=False, saturates=False),
            result("three", 5.0, agrees=True, saturates=False),
            result("four", 4.0, agrees=True, saturates=False),
        ]
        self.assertEqual(fastest_other(results), results[5])
        self.assertIsNone(fastest_other(results[:4]))


@unittest.skipUnless((PROGRAMS / "tandem_worker").is_file(), "TANDEM_WORKER names no program")
class Tandem(TemporaryFolder):
    def describe(self, network: Network) -> tuple[QuantisedNetwork, np.ndarray]:
        """What it runs, and its logits."""
        write_safetensors(network, self.folder)
        tandem = int8_engines(PROGRAMS)[0]
        worker, file = tandem.start(self.folder / "log"), self.folder / "quantised.safetensors"
        try:
            worker.ask("load", folder=str(self.folder), threads=1, type="int8")
            worker.ask("run", untimed=0, count=1)
            worker.ask("describe", file=str(file))
            logits = np.array(worker.ask("output")["output"])
        finally:
            worker.end()
        return read_quantised(network, file, logits), logits

    def test_runs_the_network_that_it_describes(self) -> None:
        network, logits = self.describe(small_network())
        self.assertTrue(np.array_equal(logits.astype(np.float32), reference.logits(network)))
        self.assertEqual({tensor.dtype.name for tensor in network.tensors.values()}, {"int8", "float32", "int32"})

    def test_onednn_quantises_the_same_network(self) -> None:
        engine = next(e for e in int8_engines(PROGRAMS) if e.name == "onednn")
        try:
            engine.check_installed()
        except EngineError as error:
            self.skipTest(str(error))
        network, logits = self.describe(at_the_end_of_its_types(small_network()))
        if differs(answer(engine, network, self.folder), logits):
            self.skipTest("on this CPU sums of oneDNN saturate")
        network, logits = self.describe(small_network())
        difference = np.max(np.abs(answer(engine, network, self.folder) - logits))
        self.assertLessEqual(difference / network.types["classifier"].scale, STEPS_OF_FUSED_SUMS)


def with_8_bits(network: QuantisedNetwork) -> QuantisedNetwork:
    """The same with weights twice as great, of half the scale: quantised_reference.py gives them 7 bits."""
    tensors = dict(network.tensors)
    for name, tensor in network.tensors.items():
        tensors[name] = tensor / np.float32(2) if name.endswith(".scales") else 2 * tensor
    return dataclasses.replace(network, tensors=tensors)


class Peers(TemporaryFolder):
    """Each engine of Python runs the small network that quantised_reference.py made."""

    def check(self, name: str, steps: float = STEPS, network: QuantisedNetwork | None = None) -> None:
        engine = next(e for e in int8_engines(PROGRAMS) if e.name == name)
        try:
            engine.check_installed()
        except EngineError as error:
            self.skipTest(str(error))
        network = network or reference.quantise(small_network())
        expected = reference.logits(network)
        logit_type = network.types["classifier"] = quantization_of(expected)
        if engine.rounds_logits:
            expected = logit_type.rounded(expected)
        difference = np.max(np.abs(answer(engine, network, self.folder) - expected))
        self.assertLessEqual(difference / logit_type.scale, steps)

    def test_onnxruntime_with_converted_operators(self) -> None:
        self.check("onnxruntime_qdq")

    def test_onnxruntime_with_quantised_operators(self) -> None:
        self.check("onnxruntime_qoperator")

    def test_openvino(self) -> None:
        self.check("openvino", STEPS_OF_FUSED_SUMS)

    def test_litert(self) -> None:
        self.check("litert")

    def test_greatest_sums_are_exact(self) -> None:
        for name in ("onnxruntime_qdq", "onnxruntime_qoperator", "litert"):
            with self.subTest(name):
                network = reference.quantise(at_the_end_of_its_types(small_network()))
                self.check(name, network=with_8_bits(network))


class Compare(CompareTestCase):
    """compare.py --type int8."""

    FP32, INT8 = [1.0, 2.0, -1.0], [1.02, 1.96, -1.02]
    SAME, OTHER = [1.02, 1.975, -1.02], [1.02, 1.8, -1.02]

    def setUp(self) -> None:
        super().setUp()
        described = write_description(reference.quantise(small_network()), self.bench)
        fp32 = {**ANSWERS, "run": {"seconds": [6e-3]}, "output": {"output": self.FP32}}
        self.write_worker("tandem_worker", fp32, self.answers(2, self.INT8), described)

    def answers(self, milliseconds: float, logits: list[float]) -> dict:
        peak = {"flops_per_second": 4e11}
        return {**ANSWERS, "run": {"seconds": [1e-3 * milliseconds]}, "output": {"output": logits}, "peak": peak}

    def report(self) -> dict:
        return json.loads((self.output / "comparison_int8.json").read_text())

    def test_tandem_in_int8_comes_first_and_in_fp32_beside_it(self) -> None:
        self.write_worker("onednn_worker", {}, self.answers(3, self.SAME))
        code, printed = self.compare("--type=int8", "--threads=1")
        self.assertEqual(code, 0, printed)
        report = self.report()
        times = [(r["engine"], r["type"], r["min_seconds"]) for r in report["results"]]
        self.assertEqual(times, [("tandem", "int8", 2e-3), ("tandem_fp32", "fp32", 6e-3), ("onednn", "int8", 3e-3)])
        self.assertEqual((report["fma_peak"], report["dot_peak"]), ({"1": 1e11}, {"1": 4e11}))
        self.assertRegex(printed, "Tandem in fp32 1 +6.00 +6.00 +3.00 +3.00 +0.17")  # 2 x 50 M / 100 G = 1 ms
        self.assertRegex(printed, r"oneDNN 1 +3.00 +3.00 +1.50 +1.50 +0.08 .* +0.31 +1, +1\n")  # 0.25 ms; one step
        self.assertIn("The fastest other / Tandem: oneDNN, min 1.50, median 1.50\n", printed)
        self.assertIn("All outputs agree", printed)

    def check_that_the_peer_is_marked(self, mark: str, **verdict: bool) -> None:
        code, printed = self.compare("--type=int8", "--threads=1")
        self.assertEqual(code, 0, printed)
        result = self.report()["results"][-1]
        self.assertEqual((result["engine"], result["min_seconds"]), ("onednn", 3e-3))
        self.assertEqual({key: result[key] for key in verdict}, verdict)
        self.assertRegex(printed, rf"oneDNN 1 +3.00 +3.00 .* {mark}\n")
        self.assertIn("No other engine computes the same.", printed)
        self.assertIn("All outputs without a mark agree", printed)

    def test_an_engine_that_computes_something_else_is_marked_with_its_times(self) -> None:
        for wrong in (self.OTHER, self.OTHER[:2]):
            self.write_worker("onednn_worker", {}, self.answers(3, wrong), saturation=self.answers(3, self.SAME))
            self.check_that_the_peer_is_marked("computes another network", agrees=False, saturates=False)

    def test_an_engine_that_saturates_is_marked_even_where_its_logits_agree(self) -> None:
        halves = [logit / 2 for logit in self.INT8]
        self.write_worker("onednn_worker", {}, self.answers(3, self.SAME), saturation=self.answers(3, halves))
        self.check_that_the_peer_is_marked(r"computes another network \(saturates\)", agrees=True, saturates=True)

    @unittest.skipIf(NO_PLOTS, f"matplotlib: {NO_PLOTS}")
    def test_bars_of_another_network_are_pale(self) -> None:
        for logits in (self.SAME, self.OTHER):
            self.write_worker("onednn_worker", {}, self.answers(3, logits))
            self.compare("--type=int8", "--threads=1")
            figure = (self.output / "networks_int8.svg").read_text()
            self.assertEqual("opacity: 0.35" in figure, logits is self.OTHER)
            self.assertEqual("Pale bars" in figure, logits is self.OTHER)

    def test_names_every_engine_that_is_missing(self) -> None:
        code, printed = self.compare("--type=int8", "--threads=1")
        self.assertEqual(code, 0, printed)
        self.assertRegex(printed, "Not measured: onnxruntime_qoperator: [^\n]+ is not installed")
        self.assertRegex(printed, "Not measured: ncnn: its tensors of 8 bits have no zero point")

    @unittest.skipIf(NO_PLOTS, f"matplotlib: {NO_PLOTS}")
    def test_fp32_and_int8_do_not_overwrite_each_other(self) -> None:
        for options in ([], ["--type=int8"]):
            code, printed = self.compare(*options)
            self.assertEqual(code, 0, printed)
        files = {path.name for path in self.output.iterdir() if path.is_file()}
        expected = {"comparison.json", "networks.svg", "roofline.svg"}
        expected |= {"comparison_int8.json", "networks_int8.svg", "roofline_int8.svg"}
        self.assertLessEqual(expected, files)


if __name__ == "__main__":
    unittest.main()

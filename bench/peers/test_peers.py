#!/usr/bin/env python3
"""What of the comparison can be tested without any other engine: run_tests.sh runs it, and ctest runs that.

Needs numpy; what needs matplotlib is skipped without it. The network is a small one with every operator, a stride of 2
and a residual; the workers are small Python programs that speak the protocol and compute nothing.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import numpy as np

import compare
import ncnn_model
import networks

try:
    import plots  # noqa: F401
    NO_PLOTS = ""
except (ImportError, KeyError) as error:
    NO_PLOTS = str(error)

SAME = {"top": 1, "bottom": 1, "left": 1, "right": 1}
LOPSIDED = {"top": 0, "bottom": 1, "left": 0, "right": 1}
NONE = {"top": 0, "bottom": 0, "left": 0, "right": 0}


def stage(name: str, op: str, src: int, dst: int, kernel: int, stride: int, padding: dict, relu6: bool = True) -> dict:
    return {
        "op": op,
        "kernel": [kernel, kernel],
        "stride": [stride, stride],
        "padding": padding,
        "src_channels": src,
        "dst_channels": dst,
        "activation": "relu6" if relu6 else "none",
        "filter": f"{name}.weight",
        "bias": f"{name}.bias",
    }


def small_network() -> networks.Network:
    stem = [stage("stem", "conv2d", 3, 8, 3, 2, LOPSIDED)]
    block = [
        stage("block.expand", "pointwise", 8, 16, 1, 1, NONE),
        stage("block.depthwise", "depthwise", 16, 16, 3, 1, SAME),
        stage("block.project", "pointwise", 16, 8, 1, 1, NONE, relu6=False),
    ]
    classifier = [stage("classifier", "fully_connected", 8, 5, 1, 1, NONE, relu6=False)]
    description = {
        "input": {"shape": [1, 8, 8, 3]},
        "layers": [
            {"name": "stem", "op": "conv2d", "dst": [4, 4, 8], "residual": False, "stages": stem},
            {"name": "block", "op": "inverted_residual", "dst": [4, 4, 8], "residual": True, "stages": block},
            {"name": "pool", "op": "global_average_pool", "dst": [1, 1, 8], "residual": False, "stages": []},
            {"name": "classifier", "op": "fully_connected", "dst": [1, 1, 5], "residual": False, "stages": classifier},
        ],
    }
    return networks.Network("small", description, networks.draw_weights(description))


class Networks(unittest.TestCase):
    def test_steps_chain_and_the_residual_joins_the_last_stage(self) -> None:
        steps = small_network().steps
        self.assertEqual([s.src for s in steps], [networks.INPUT, *(s.name for s in steps[:-1])])
        self.assertEqual({s.name: s.residual for s in steps if s.residual}, {"block.project": "stem"})
        self.assertEqual([s.dst_size for s in steps], [4, 4, 4, 4, 1, 1])
        self.assertEqual(steps[0].padding, (0, 0, 1, 1))

    def test_weights_are_the_same_each_time(self) -> None:
        one, other = small_network(), small_network()
        for name, tensor in one.tensors.items():
            self.assertTrue((tensor == other.tensors[name]).all(), name)

    def test_safetensors_hold_weights_and_picture(self) -> None:
        network = small_network()
        with tempfile.TemporaryDirectory() as folder:
            networks.write_safetensors(network, Path(folder))
            written = Path(folder, "model.safetensors").read_bytes()
        size = int.from_bytes(written[:8], "little")
        header, data = json.loads(written[8 : 8 + size]), written[8 + size :]
        self.assertEqual(size % 8, 0)
        self.assertEqual(json.loads(header.pop("__metadata__")["tandem.network"]), network.description)
        self.assertEqual(header.keys(), network.tensors.keys())
        end = 0
        for name, entry in header.items():  # back to back, without gap or overlap
            self.assertEqual((entry["dtype"], entry["data_offsets"][0]), ("F32", end))
            begin, end = entry["data_offsets"]
            tensor = np.frombuffer(data[begin:end], "<f4").reshape(entry["shape"])
            self.assertTrue(np.array_equal(tensor, network.tensors[name]), name)
        self.assertEqual(end, len(data))


class NcnnModel(unittest.TestCase):
    def test_every_blob_has_one_writer_and_one_reader(self) -> None:
        network = small_network()
        with tempfile.TemporaryDirectory() as folder:
            ncnn_model.write(network, Path(folder))
            lines = Path(folder, "model.param").read_text(encoding="ascii").splitlines()[1:]
            size = Path(folder, "model.bin").stat().st_size
        counts, layers = lines[0].split(), [line.split() for line in lines[1:]]
        inputs = [blob for fields in layers for blob in fields[4 : 4 + int(fields[2])]]
        outputs = [blob for f in layers for blob in f[4 + int(f[2]) : 4 + int(f[2]) + int(f[3])]]
        self.assertEqual(counts, [str(len(layers)), str(len(outputs))])
        self.assertEqual(sorted(inputs + ["classifier"]), sorted(outputs))
        self.assertEqual(len(set(outputs)), len(outputs))
        filters = [s for s in network.steps if s.filter_shape]
        floats = sum(network.filter(s).size + network.bias(s).size + 1 for s in filters)
        self.assertEqual(size, 4 * floats)


WORKER = """#!{python}
import json, sys
if sys.argv[1:] == ["--networks"]:
    print(json.dumps([{network}]))
    sys.exit()
for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps({answers}[request["command"]]), flush=True)
"""
BENCH = """#!{python}
import json, sys
path = next(a for a in sys.argv if a.startswith("--layers-json=")).split("=", 1)[1]
layer = {{"network": "mobilenet_v1", "threads": 1, "op": "conv2d", "multiply_adds": 1000, "bytes": 500}}
json.dump([dict(layer, seconds_in_network=2e-6, seconds_alone=1e-6)], open(path, "w"))
"""
ANSWERS = {
    "load": {"version": "1", "isa": "avx2", "compiler": "none"},
    "run": {"seconds": [2e-3, 1e-3]},
    "output": {"output": [1.0, 2.0]},
    "peak": {"flops_per_second": 1e11},
    "bandwidths": {"levels": [{"level": "L1", "bytes": 1024, "bytes_per_second": 1e11}]},
}


class Compare(unittest.TestCase):
    """compare.py from end to end, where no Python package of any engine is installed."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.output, self.bench = Path(folder.name, "output"), Path(folder.name, "bench")
        (self.bench / "peers").mkdir(parents=True)
        self.write_program("network_bench", BENCH)
        self.write_worker("tandem_worker", ANSWERS)

    def write_program(self, name: str, text: str, **values: object) -> None:
        path = self.bench / name
        path.write_text(text.format(python=sys.executable, **values))
        path.chmod(0o755)

    def write_worker(self, name: str, answers: dict) -> None:
        network = {"name": "mobilenet_v1", "multiply_adds": 50_000_000, **small_network().description}
        self.write_program(f"peers/{name}", WORKER, network=network, answers=answers)

    def compare(self, *options: str) -> tuple[int, str]:
        """Exit code, and what was printed."""
        printed = io.StringIO()
        command = ["compare.py", f"--programs={self.bench / 'peers'}", f"--output={self.output}", "--rounds=1", *options]
        with (
            mock.patch("engines.find_spec", return_value=None),
            mock.patch("sys.argv", command),
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(printed),
        ):
            code = compare.main()
        return code, printed.getvalue()

    def test_names_every_engine_that_is_missing(self) -> None:
        code, printed = self.compare()
        self.assertEqual(code, 0, printed)
        report = json.loads((self.output / "comparison.json").read_text())
        self.assertEqual(list(report["engines"]), ["tandem"])
        everybody = {engine.name for engine in compare.all_engines(Path())}
        self.assertEqual(report["failures"].keys(), everybody - {"tandem"})
        for engine in everybody - {"tandem"}:
            self.assertRegex(printed, f"Not measured: {engine}: [^\\n]+ (is not installed|has not been built)")

    @unittest.skipIf(NO_PLOTS, f"matplotlib: {NO_PLOTS}")
    def test_draws_both_figures_without_any_engine(self) -> None:
        code, printed = self.compare()
        self.assertEqual(code, 0, printed)
        self.assertEqual({path.name for path in self.output.glob("*.svg")}, {"networks.svg", "roofline.svg"}, printed)
        self.assertNotIn("not drawn", printed)

    @unittest.skipIf(NO_PLOTS, f"matplotlib: {NO_PLOTS}")
    def test_says_that_the_roofline_lacks_its_layers(self) -> None:
        (self.bench / "network_bench").unlink()
        code, printed = self.compare()
        self.assertEqual(code, 0, printed)
        self.assertIn("the layers are not measured", printed)
        self.assertIn("The roofline is not drawn", printed)
        self.assertEqual({path.name for path in self.output.glob("*.svg")}, {"networks.svg"})

    def test_an_engine_that_agrees_is_measured(self) -> None:
        self.write_worker("onednn_worker", {**ANSWERS, "run": {"seconds": [5e-3]}, "output": {"output": [1.0, 2.00001]}})
        code, printed = self.compare("--threads=1")
        self.assertEqual(code, 0, printed)
        results = json.loads((self.output / "comparison.json").read_text())["results"]
        self.assertEqual([(r["engine"], r["min_seconds"]) for r in results], [("tandem", 1e-3), ("onednn", 5e-3)])
        self.assertTrue(re.search("oneDNN 1 +5.00", printed), printed)

    def test_an_engine_that_computes_something_else_ends_it(self) -> None:
        for wrong in ([1.0, 2.001], [1.0], [1.0, float("nan")]):
            # NaN is not JSON, but Python accepts it on both sides of the pipe.
            self.write_worker("onednn_worker", {**ANSWERS, "output": {"output": wrong}})
            if wrong[-1] != wrong[-1]:
                text = (self.bench / "peers/onednn_worker").read_text().replace("nan", "float('nan')")
                (self.bench / "peers/onednn_worker").write_text(text)
            code, printed = self.compare()
            self.assertEqual(code, 1, wrong)
            self.assertRegex(printed, "compare: oneDNN .*(computes another|gives 1 logits)")

    def test_an_engine_that_fails_or_ends_is_left_out_with_its_sentence(self) -> None:
        self.write_worker("onednn_worker", {**ANSWERS, "load": {"error": "no such CPU"}})
        code, printed = self.compare()
        self.assertEqual(code, 0, printed)
        self.assertIn("Not measured: onednn: no such CPU.", printed)
        self.write_program("peers/onednn_worker", "#!{python}\nimport sys\nsys.exit('lost its library')\n")
        code, printed = self.compare()
        self.assertEqual(code, 0, printed)
        self.assertIn("its last words: lost its library", printed)


if __name__ == "__main__":
    unittest.main()

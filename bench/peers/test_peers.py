#!/usr/bin/env python3
"""What of the comparison can be tested without any other engine: run_tests.sh runs it, and ctest runs that.

Needs numpy; what needs matplotlib is skipped without it.
"""

from __future__ import annotations

import json
import re
import tempfile
import unittest
from pathlib import Path

import numpy as np

import compare
import ncnn_model
import networks
from test_support import ANSWERS, NO_PLOTS, CompareTestCase, small_network


class Networks(unittest.TestCase):
    def test_steps_chain_and_the_residual_joins_the_last_stage(self) -> None:
        steps = small_network().steps
        self.assertEqual([s.src for s in steps], [networks.INPUT, *(s.name for s in steps[:-1])])
        self.assertEqual({s.name: s.residual for s in steps if s.residual}, {"block.project": "stem"})
        self.assertEqual([s.dst_size for s in steps], [4, 4, 4, 4, 4, 1, 1])
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


class Compare(CompareTestCase):
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

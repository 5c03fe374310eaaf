#!/usr/bin/env python3
"""What of the comparison can be tested without any other engine: python -m unittest, in this folder.

Needs numpy and safetensors. The network is a small one with every operator, a stride of 2 and a residual.
"""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

import ncnn_model
import networks
from safetensors.numpy import load_file

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
            read = load_file(Path(folder, "model.safetensors"))
        self.assertEqual(read.keys(), network.tensors.keys())
        self.assertTrue(all((read[name] == tensor).all() for name, tensor in network.tensors.items()))


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


if __name__ == "__main__":
    unittest.main()

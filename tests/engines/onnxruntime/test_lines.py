"""Networks of lines [N, C, L], such as those that hear words: read as images of one row."""

from __future__ import annotations

import unittest

import numpy as np
from onnx import helper

from small_models import model, weights
from support import difference, explained, random_feeds, same_bits, session

CHANNELS = 24


class Lines:
    """Nodes one after the other, as exporters write them."""

    def __init__(self) -> None:
        self.nodes: list = []
        self.constants: dict[str, np.ndarray] = {}

    def constant(self, array) -> str:
        name = f"c{len(self.constants)}"
        self.constants[name] = np.asarray(array)
        return name

    def draw(self, *shape: int) -> str:
        return self.constant(weights(len(self.constants), *shape))

    def op(self, operator: str, *inputs: str, outputs: int = 1, **attributes):
        names = [f"t{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(operator, list(inputs), names, name=f"{operator}_{len(self.nodes)}", **attributes))
        return names[0] if outputs == 1 else names

    def norm(self, x: str) -> str:
        variance = self.constant(np.linspace(0.5, 1.5, CHANNELS, dtype=np.float32))
        return self.op("BatchNormalization", x, *(self.draw(CHANNELS) for _ in range(3)), variance)

    def separable(self, x: str, kernel: int, dilation: int = 1) -> str:
        pad = dilation * (kernel // 2)
        y = self.op("Conv", x, self.draw(CHANNELS, 1, kernel), group=CHANNELS, kernel_shape=[kernel], pads=[pad, pad], dilations=[dilation])
        return self.norm(self.op("Conv", y, self.draw(CHANNELS, CHANNELS, 1)))

    def model(self, outputs: list[str], shape: list) -> bytes:
        return model(self.nodes, {"x": shape}, outputs, self.constants)


def speech(n: Lines) -> list[str]:
    """QuartzNet: a stride, separable convolutions with residuals, a head whose classes come last."""
    x = n.op("Relu", n.norm(n.op("Conv", "x", n.draw(CHANNELS, 16, 5), strides=[2], pads=[2, 2])))
    for kernel, dilation in ((11, 1), (5, 2)):
        x = n.op("Relu", n.op("Add", x, n.separable(x, kernel, dilation)))
    scores = n.op("Conv", x, n.draw(7, CHANNELS, 1), n.draw(7))
    return [n.op("Transpose", scores, perm=[0, 2, 1])]


def keywords(n: Lines) -> list[str]:
    """Pools, a PReLU, a gate by channel, a mean over the whole line."""
    x = n.op("PRelu", n.op("Conv", "x", n.draw(CHANNELS, 16, 3), auto_pad="SAME_UPPER"), n.draw(CHANNELS, 1))
    x = n.op("Concat", n.op("MaxPool", x, kernel_shape=[3], strides=[2]), n.op("AveragePool", x, kernel_shape=[3], strides=[2]), axis=1)
    x = n.op("Conv", x, n.draw(CHANNELS, 2 * CHANNELS, 1))
    gate = n.op("Sigmoid", n.op("Conv", n.op("GlobalAveragePool", x), n.draw(CHANNELS, CHANNELS, 1)))
    x = n.op("Mul", n.op("Mul", x, gate), n.draw(1, CHANNELS, 1))
    flat = n.op("ReduceMean", n.separable(x, 3), axes=[-1], keepdims=0)
    return [n.op("Gemm", flat, n.draw(5, CHANNELS), n.draw(5), transB=1), x]


def sound(n: Lines) -> list[str]:
    """Conv-TasNet: dilated separable convolutions, a mask, a transposed convolution; lines that others read on the way."""
    code = n.op("Relu", n.op("Conv", "x", n.draw(CHANNELS, 16, 4), strides=[2]))
    mask = n.op("Sigmoid", n.op("Sub", n.separable(code, 3, 4), n.constant(np.float32(0.5))))
    masked = n.op("Mul", mask, code)
    y = n.op("ConvTranspose", masked, n.draw(CHANNELS, 2, 4), n.draw(2), strides=[2])
    return [y, n.op("Softmax", masked, axis=1), mask]


class LineNetworks(unittest.TestCase):
    def check(self, build) -> None:
        for shape in ([1, 16, 40], ["n", 16, "l"]):
            lines = Lines()
            network = lines.model(build(lines), shape)
            report = explained(network, least_gain=0)
            left = [f"{n['operator']}: {n['reason']}" for n in report["nodes"] if n["group"] < 0]
            self.assertEqual(left, [])
            self.assertEqual(len(report["groups"]), 1)
            self.assertIn("Conv", {n["operator"] for n in report["nodes"]})
            alone = session(network, tandem=False)
            own = [session(network, threads, least_gain=0) for threads in (1, 3)]
            for size in [(1, 16, 40)] + [(3, 16, 57), (2, 16, 12)] * (shape[0] == "n"):
                feeds = random_feeds({"x": size})
                got = [each.run(None, feeds) for each in own]
                self.assertLess(difference(got[0], alone.run(None, feeds)), 1e-5)
                self.assertTrue(same_bits(got[1], got[0]), "bits differ with the number of threads")

    def test_speech(self) -> None:
        self.check(speech)

    def test_keywords(self) -> None:
        self.check(keywords)

    def test_sound(self) -> None:
        self.check(sound)

    def test_activations_and_norms_are_fused(self) -> None:
        lines = Lines()
        report = explained(lines.model(speech(lines), [1, 16, 40]), least_gain=0)
        own = {n["operator"] for n in report["nodes"]}
        self.assertFalse(own & {"Activation", "Add", "BatchNorm", "Mul"}, own)

    def test_lines_that_are_left(self) -> None:
        lines = Lines()
        sized = lines.op("ConvTranspose", "x", lines.draw(16, 4, 3), output_shape=[9], strides=[2])
        computed = lines.op("Conv", "x", lines.op("Abs", lines.draw(4, 16, 3)))
        report = explained(lines.model([sized, computed], [1, 16, 5]), least_gain=0, optimised=False)
        reasons = {n["operator"]: n["reason"] for n in report["nodes"] if n["group"] < 0}
        self.assertIn("given size", reasons["ConvTranspose"])
        self.assertIn("not constant", reasons["Conv"])


if __name__ == "__main__":
    unittest.main()

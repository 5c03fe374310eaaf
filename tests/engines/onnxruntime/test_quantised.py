"""Quantised models: Tandem claims them, and computes what ONNX Runtime computes, but for ties of rounding."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path
from typing import Callable

import numpy as np
from onnx import TensorProto

from quantised_models import CHANNELS, IMAGE, Quantised
from small_models import mobile_network
from support import THREADS, explained, random_feeds, same_bits, session

try:
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
except ImportError:  # pragma: no cover
    quantize_static = None

# Outputs that may differ from ONNX Runtime's, by 1. It computes these in fp32 in another order, or with tables of its own.
SOME = 0.02
ROWS = np.array([-1, CHANNELS], np.int64)
SE = (1, CHANNELS, 1, 1)
EVERYTHING = {"least_gain": 0.0}

# Their quotients are no small fractions, so that few results lie between two integers.
X_SCALE, OTHER_SCALE, Y_SCALE = 0.0213, 0.0247, 0.0317

# name -> (the nodes between two tensors of 8 bits, the share of outputs that may differ)
Build = Callable[[Quantised, str], str]


def one(operator: str, **attributes) -> Build:
    return lambda q, x: q.node(operator, [x], **attributes)


def two(operator: str, shape: tuple = IMAGE) -> Build:
    return lambda q, x: q.node(operator, [x, q.fake(q.input(shape), OTHER_SCALE, -7)])


def conv(**options) -> Build:
    return lambda q, x: q.conv(x, x_scale=X_SCALE, **options)


def then(first: Build, operator: str, *constants: float) -> Build:
    return lambda q, x: q.node(operator, [first(q, x), *(q.constant(np.float32(c)) for c in constants)])


def matrix(q: Quantised, x: str, transposed: bool) -> str:
    rows = q.node("Reshape", [x, q.constant(ROWS)])
    if not transposed:
        return q.node("MatMul", [rows, q.filter(CHANNELS, 10, axis=1)[0]])
    return q.node("Gemm", [rows, q.filter(10, CHANNELS, axis=0)[0]], transB=1)


def transposed(q: Quantised, x: str) -> str:
    weights, scales = q.filter(CHANNELS, 12, 2, 2, axis=1)
    units = (np.float32(X_SCALE) * scales).astype(np.float32)
    names = [q.constant(q.integers(12)), q.constant(units), q.constant(np.zeros(12, np.int32))]
    return q.node("ConvTranspose", [x, weights, q.node("DequantizeLinear", names, axis=0)], strides=[2, 2])


def with_number(operator: str, number: float, of_bytes: bool = False) -> Build:
    def build(q: Quantised, x: str) -> str:
        if not of_bytes:
            return q.node(operator, [x, q.constant(np.float32(number))])
        names = [q.constant(np.array(200, q.dtype) if q.middle else np.array(72, q.dtype)), *q.scale(number / 72, 0)]
        return q.node(operator, [x, q.node("DequantizeLinear", names)])

    return build


def concat(q: Quantised, x: str) -> str:
    return q.node("Concat", [x, q.fake(q.input(), 0.03), q.fake(q.input(), 0.05, -20)], axis=1)


CASES: dict[str, tuple[Build, float]] = {
    "conv 3x3": (conv(), 0),
    "conv, one scale": (conv(by_channel=False), 0),
    "conv, weights of u8": (conv(kind="u8", by_channel=False), 0),
    "conv, fp32 bias": (conv(bias="floats"), SOME),
    "conv, no bias": (conv(bias=""), 0),
    "conv, stride 2": (conv(strides=[2, 2]), 0),
    "conv, dilated": (conv(dilations=[2, 2], pads=[2, 2, 2, 2]), 0),
    "conv, groups": (conv(group=4), 0),
    "pointwise": (conv(kernel=1), 0),
    "depthwise 3x3": (conv(group=CHANNELS), 0),
    "depthwise 5x5, stride 2": (conv(group=CHANNELS, kernel=5, strides=[2, 2]), 0),
    "conv, relu": (then(conv(), "Relu"), SOME),
    "conv, clip": (then(conv(), "Clip", 0.0, 2.0), SOME),
    "transposed convolution": (transposed, SOME),
    "matrix product": (lambda q, x: matrix(q, x, False), 0),
    "gemm": (lambda q, x: matrix(q, x, True), 0),
    "add": (two("Add"), SOME),
    "add, relu": (then(two("Add"), "Relu"), SOME),
    "sub": (two("Sub"), SOME),
    "mul": (two("Mul"), SOME),
    "gate": (two("Mul", SE), SOME),
    "times a number": (with_number("Mul", 1.31), SOME),
    "times a number of 8 bits": (with_number("Mul", 1.31, True), SOME),
    "plus a number of 8 bits": (with_number("Add", 0.53, True), SOME),
    "over a number": (with_number("Div", 0.83), SOME),
    "relu": (one("Relu"), SOME),
    "sigmoid": (one("Sigmoid"), SOME),
    "hard-sigmoid": (one("HardSigmoid", alpha=1 / 6), SOME),
    "hard-swish": (one("HardSwish"), SOME),
    "leaky relu": (one("LeakyRelu", alpha=0.1), SOME),
    "tanh": (one("Tanh"), SOME),
    "max pool": (one("MaxPool", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]), SOME),
    "average pool": (one("AveragePool", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]), SOME),
    "global average pool": (one("GlobalAveragePool"), SOME),
    "concat": (concat, SOME),
    "flatten": (one("Flatten"), SOME),
    "transpose": (one("Transpose", perm=[0, 2, 3, 1]), SOME),
    "depth to space": (one("DepthToSpace", blocksize=2), SOME),
    "softmax": (one("Softmax", axis=1), 0.05),
}


def qdq(build: Build, kind: str) -> tuple[bytes, dict]:
    q = Quantised(kind)
    x = q.fake(q.input(), X_SCALE, 3)
    q.quantize(build(q, x), Y_SCALE, -5)
    return q.bytes(opset=14), q.inputs


class Steps:
    """How the outputs of Tandem and of ONNX Runtime differ, in steps of the output's scale."""

    def __init__(self, own: list[np.ndarray], other: list[np.ndarray]) -> None:
        gaps = [np.abs(a.astype(np.int32) - b.astype(np.int32)) for a, b in zip(own, other, strict=True)]
        self.most = max(int(gap.max()) for gap in gaps)
        self.share = sum(int((gap != 0).sum()) for gap in gaps) / sum(gap.size for gap in gaps)


class TestQuantised(unittest.TestCase):
    def check(self, model: bytes, sizes: dict, most_differ: float) -> None:
        for node in explained(model, **EVERYTHING)["nodes"]:
            self.assertGreaterEqual(node["group"], 0, f"{node['name']}: {node['reason']}")
        feeds = random_feeds(sizes)
        feeds = {name: 2 * array for name, array in feeds.items()}
        wanted = session(model, tandem=False).run(None, feeds)
        results = [session(model, threads, **EVERYTHING).run(None, feeds) for threads in THREADS]
        for other in results[1:]:
            self.assertTrue(same_bits(results[0], other))
        steps = Steps(results[0], wanted)
        self.assertLessEqual(steps.most, 1)
        self.assertLessEqual(steps.share, most_differ)
        self.assertGreater(min(np.unique(array).size for array in wanted), 10 if wanted[0].size > 100 else 4)

    def test_operators_between_dequantize_and_quantize(self) -> None:
        for name, (build, most_differ) in CASES.items():
            for kind in ("u8", "s8"):
                with self.subTest(name, kind=kind):
                    self.check(*qdq(build, kind), most_differ)

    def test_operators_on_8_bits(self) -> None:
        for name, (build, most_differ) in ON_8_BITS.items():
            for kind in ("u8", "s8"):
                with self.subTest(name, kind=kind):
                    q = Quantised(kind)
                    build(q, q.quantize(q.input(), X_SCALE, 3))
                    self.check(q.bytes(opset=13), q.inputs, most_differ)

    def test_a_convolution_may_write_floats(self) -> None:
        q = Quantised()
        q.node("HardSwish", [q.conv(q.fake(q.input(), X_SCALE, 3), x_scale=X_SCALE)])
        model = q.bytes(type_=TensorProto.FLOAT, opset=14)
        for node in explained(model, **EVERYTHING)["nodes"]:
            self.assertGreaterEqual(node["group"], 0, f"{node['name']}: {node['reason']}")
        feeds = random_feeds(q.inputs)
        (own,) = session(model, **EVERYTHING).run(None, feeds)
        (other,) = session(model, tandem=False).run(None, feeds)
        np.testing.assert_allclose(own, other, atol=1e-4 * np.abs(other).max())

    def test_a_matrix_product_may_write_floats(self) -> None:
        q = Quantised()
        rows = q.node("Reshape", [q.quantize(q.input(), X_SCALE, 3), q.constant(ROWS)])
        weights = [q.weights(10, CHANNELS), q.constant(q.scales(10)), q.constant(np.zeros(10, np.int8))]
        inputs = [rows, *q.scale(X_SCALE, 3), *weights, q.constant(q.integers(10))]
        q.node("QGemm", inputs, "com.microsoft", transB=1)
        model = q.bytes(type_=TensorProto.FLOAT)
        for node in explained(model, **EVERYTHING)["nodes"]:
            self.assertGreaterEqual(node["group"], 0, f"{node['name']}: {node['reason']}")
        feeds = random_feeds(q.inputs)
        (own,) = session(model, **EVERYTHING).run(None, feeds)
        (other,) = session(model, tandem=False).run(None, feeds)
        np.testing.assert_allclose(own, other, atol=1e-6 * np.abs(other).max())

    def test_what_tandem_lacks_runs_as_without_it(self) -> None:
        def other_zero_point(q: Quantised, x: str) -> None:
            array = q.generator.integers(0, 128, (8, CHANNELS, 1, 1)).astype(np.uint8)
            names = [q.constant(array), q.constant(np.float32(0.01)), q.constant(np.uint8(100))]
            q.quantize(q.node("Conv", [x, q.node("DequantizeLinear", names)]), 0.03)

        def computed_scale(q: Quantised, x: str) -> None:
            q.inputs["scale"] = ()
            q.node("QuantizeLinear", [x, "scale", q.constant(np.uint8(128))])

        def of_integers(q: Quantised, x: str) -> None:
            small = q.quantize(x, 0.02)
            q.node("ConvInteger", [small, q.weights(8, CHANNELS, 3, 3, kind="u8"), q.constant(np.uint8(128))])

        for build, type_ in ((other_zero_point, None), (computed_scale, None), (of_integers, TensorProto.INT32)):
            with self.subTest(build.__name__):
                q = Quantised()
                build(q, q.fake(q.input(), X_SCALE, 3))
                model = q.bytes(type_=type_)
                feeds = random_feeds({name: shape for name, shape in q.inputs.items() if name != "scale"})
                if "scale" in q.inputs:
                    feeds["scale"] = np.array(0.03, np.float32)
                left = [node for node in explained(model, **EVERYTHING)["nodes"] if node["group"] < 0]
                self.assertTrue(all(node["reason"] for node in left))
                own = session(model, **EVERYTHING).run(None, feeds)
                other = session(model, tandem=False).run(None, feeds)
                self.assertLessEqual(Steps(own, other).most, 1)


def qlinear(operator: str, **attributes) -> Build:
    """An operator of one tensor in the domain com.microsoft."""
    return lambda q, x: q.node(operator, [x, *q.scale(X_SCALE, 3), *q.scale(Y_SCALE, -5)], "com.microsoft", **attributes)


def qlinear_of_two(operator: str) -> Build:
    def build(q: Quantised, x: str) -> str:
        other = q.quantize(q.input(), OTHER_SCALE, -7)
        inputs = [x, *q.scale(X_SCALE, 3), other, *q.scale(OTHER_SCALE, -7), *q.scale(Y_SCALE, -5)]
        return q.node(operator, inputs, "com.microsoft")

    return build


def qlinear_conv(group: int = 1, by_channel: bool = True, **attributes) -> Build:
    def build(q: Quantised, x: str) -> str:
        scales = q.scales(CHANNELS) if by_channel else q.scales(1)[0]
        zeros = np.zeros(CHANNELS, np.int8) if by_channel else np.int8(0)
        weights = [q.weights(CHANNELS, CHANNELS // group, 3, 3), q.constant(scales), q.constant(zeros)]
        inputs = [x, *q.scale(X_SCALE, 3), *weights, *q.scale(Y_SCALE, -5), q.constant(q.integers(CHANNELS))]
        return q.node("QLinearConv", inputs, group=group, pads=[1, 1, 1, 1], **attributes)

    return build


def qlinear_matrix(operator: str) -> Build:
    def build(q: Quantised, x: str) -> str:
        rows = q.node("Reshape", [x, q.constant(ROWS)])
        shape = (CHANNELS, 10) if operator == "QLinearMatMul" else (10, CHANNELS)
        weights = [q.weights(*shape), q.constant(np.float32(0.003)), q.constant(np.int8(0))]
        a, y = q.scale(X_SCALE, 3), q.scale(Y_SCALE, -5)
        if operator == "QLinearMatMul":
            return q.node(operator, [rows, *a, *weights, *y])
        return q.node(operator, [rows, *a, *weights, q.constant(q.integers(10)), *y], "com.microsoft", transB=1)

    return build


def qlinear_concat(q: Quantised, x: str) -> str:
    other = q.quantize(q.input(), OTHER_SCALE, -7)
    inputs = [*q.scale(Y_SCALE, -5), x, *q.scale(X_SCALE, 3), other, *q.scale(OTHER_SCALE, -7)]
    return q.node("QLinearConcat", inputs, "com.microsoft", axis=1)


# Operators that read and write 8 bits themselves; x has the scale X_SCALE.
ON_8_BITS: dict[str, tuple[Build, float]] = {
    "QLinearConv": (qlinear_conv(), 0),
    "QLinearConv, one scale": (qlinear_conv(by_channel=False, strides=[2, 2]), 0),
    "QLinearConv, depthwise": (qlinear_conv(group=CHANNELS), 0),
    "QLinearMatMul": (qlinear_matrix("QLinearMatMul"), 0),
    "QGemm": (qlinear_matrix("QGemm"), 0),
    "QLinearAdd": (qlinear_of_two("QLinearAdd"), SOME),
    "QLinearMul": (qlinear_of_two("QLinearMul"), SOME),
    "QLinearSigmoid": (qlinear("QLinearSigmoid"), SOME),
    "QLinearLeakyRelu": (qlinear("QLinearLeakyRelu", alpha=0.1), SOME),
    "QLinearAveragePool": (qlinear("QLinearAveragePool", kernel_shape=[2, 2], strides=[2, 2]), SOME),
    "QLinearGlobalAveragePool": (qlinear("QLinearGlobalAveragePool", channels_last=0), SOME),
    "QLinearConcat": (qlinear_concat, SOME),
    "QLinearSoftmax": (qlinear("QLinearSoftmax", axis=1, opset=13), 0.05),
    "MaxPool": (one("MaxPool", kernel_shape=[3, 3], strides=[2, 2]), 0),
    "Reshape": (one("Flatten"), 0),
}


@unittest.skipIf(quantize_static is None, "onnxruntime.quantization is not there")
class TestNetworks(unittest.TestCase):
    SIZE = (1, 3, 64, 64)

    def quantised(self, format_: str, kind: str) -> bytes:
        class Samples(CalibrationDataReader):
            def __init__(self, feeds: list) -> None:
                self.left = list(feeds)

            def get_next(self):
                return self.left.pop() if self.left else None

        with tempfile.TemporaryDirectory() as folder:
            source, target = Path(folder) / "fp32.onnx", Path(folder) / "quantised.onnx"
            source.write_bytes(mobile_network(64, 64, 1))
            quantize_static(
                str(source),
                str(target),
                Samples([random_feeds({"x": self.SIZE}, seed) for seed in range(4)]),
                quant_format=QuantFormat[format_],
                activation_type=QuantType.QUInt8 if kind == "u8" else QuantType.QInt8,
                weight_type=QuantType.QInt8,
                per_channel=True,
                reduce_range=True,  # what ONNX Runtime computes without saturation on any CPU
            )
            return target.read_bytes()

    def test_whole_networks(self) -> None:
        feeds = random_feeds({"x": self.SIZE}, 9)
        for format_ in ("QDQ", "QOperator"):
            for kind in ("u8", "s8"):
                with self.subTest(format_, kind=kind):
                    model = self.quantised(format_, kind)
                    report = explained(model, **EVERYTHING)
                    self.assertEqual(report["claimed_multiply_adds"], report["multiply_adds"])
                    (own,) = session(model, **EVERYTHING).run(None, feeds)
                    (other,) = session(model, tandem=False).run(None, feeds)
                    step = np.unique(np.abs(np.diff(np.unique(other))).round(6))[0]
                    self.assertLessEqual(np.abs(own - other).max(), 2.01 * step)

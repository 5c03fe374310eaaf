"""Full-integer models of 8 bits: each operator is claimed, with the engine's outputs but for steps of rounding."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path
from typing import Callable

import numpy as np

import engine
from models import TYPES, Model, activation_code, schema

IMAGE = (1, 9, 11, 16)
# Of the outputs, this share may differ. A mean of 4 often lies between two integers: TFLite rounds it away from 0, Tandem to even.
SOME, TIES = 0.05, 0.15


class Quantised(Model):
    """A model whose tensors have 8 bits. Zero points are less the middle of the type."""

    dtype = np.int8

    def set(self, number: int, scale: float, zero: int) -> int:
        tensor = self.graph.tensors[number]
        tensor.type = TYPES[np.dtype(self.dtype)]
        tensor.quantization = schema.QuantizationParametersT()
        middle = 128 if self.dtype == np.uint8 else 0
        tensor.quantization.scale, tensor.quantization.zeroPoint = [scale], [zero + middle]
        return number

    def image(self, shape: tuple[int, ...] = IMAGE, scale: float = 0.02, zero: int = 3) -> int:
        return self.set(self.input(shape, self.dtype), scale, zero)

    def filter(self, *shape: int, axis: int = 0) -> tuple[int, np.ndarray]:
        values = self.random.integers(-127, 128, shape).astype(np.int8)
        scales = self.random.uniform(0.001, 0.003, shape[axis]).astype(np.float32)
        return self.quantised(values, scales.tolist(), [0] * len(scales), axis), scales

    def bias(self, x: int, scales: np.ndarray) -> int:
        values = self.random.integers(-3000, 3000, scales.shape).astype(np.int32)
        scale = np.float32(self.graph.tensors[x].quantization.scale[0])
        return self.quantised(values, (scale * scales).tolist(), [0] * len(scales))

    def qconv(self, x: int, out: int = 24, kernel: int = 3, **options) -> int:
        filter_, scales = self.filter(out, kernel, kernel, self.shape(x)[3])
        return self.set(self.conv(x, out, kernel, filter_=filter_, bias=self.bias(x, scales), **options), 0.05, -4)

    def qdepthwise(self, x: int, kernel: int = 3, **options) -> int:
        filter_, scales = self.filter(1, kernel, kernel, self.shape(x)[3], axis=3)
        return self.set(self.depthwise(x, kernel, filter_=filter_, bias=self.bias(x, scales), **options), 0.03, -4)


class Unsigned(Quantised):
    dtype = np.uint8


Build = Callable[[Quantised], int]


def pool(kind: str, kernel: int = 2, same: bool = False, fused: str = "NONE") -> Build:
    def build(m: Quantised) -> int:
        shape = (1, 5, 6, 16) if same else (1, (9 - kernel) // 2 + 1, (11 - kernel) // 2 + 1, 16)
        y = m.op(kind, [m.image()], shape, padding=0 if same else 1, strideH=2, strideW=2, filterHeight=kernel,
                 filterWidth=kernel, fusedActivationFunction=activation_code(fused), version=2)
        return m.set(y, 0.02, 3)

    return build


def activation(kind: str, scale: float, zero: int, version: int = 1) -> Build:
    return lambda m: m.set(m.op(kind, [m.image()], IMAGE, version=version), scale, zero)


def add(m: Quantised, fused: str = "NONE", kind: str = "ADD") -> int:
    inputs = [m.image(scale=0.0213), m.image(scale=0.0247, zero=-7)]
    return m.set(m.op(kind, inputs, IMAGE, fusedActivationFunction=activation_code(fused), version=2), 0.0417, 5)


def with_number(m: Quantised, kind: str, swapped: bool = False) -> int:
    inputs = [m.image(scale=0.0213), m.quantised(np.int8([71]), [0.0247], [-7])]
    return m.set(m.op(kind, inputs[::-1] if swapped else inputs, IMAGE, version=2), 0.0417, 5)


def hard_swish_in_pieces(m: Quantised) -> int:
    x = m.image(scale=0.0413)
    relu6 = activation_code("RELU6")
    three, sixth = m.quantised(np.int8([127]), [3 / 127], [0]), m.quantised(np.int8([127]), [1 / 762], [0])
    clamped = m.set(m.op("ADD", [x, three], IMAGE, fusedActivationFunction=relu6, version=2), 6 / 255, -128)
    product = m.set(m.op("MUL", [x, clamped], IMAGE, version=2), 0.1312, -100)
    return m.set(m.op("MUL", [product, sixth], IMAGE, version=2), 0.0217, -105)


def fully_connected(m: Quantised, rows: int = 4, columns: int = 10) -> int:
    filter_ = m.quantised(m.random.integers(-127, 128, (columns, 32)).astype(np.int8), [0.002], [0])
    bias = m.quantised(m.random.integers(-3000, 3000, columns).astype(np.int32), [0.02 * 0.002], [0])
    y = m.op("FULLY_CONNECTED", [m.image((rows, 32)), filter_, bias], (rows, columns), version=4, keepNumDims=False)
    return m.set(y, 0.02, 2)


def transposed(m: Quantised) -> int:
    filter_, scales = m.filter(10, 3, 3, 16)
    shape = (1, 18, 22, 10)
    x = m.image((1, 9, 11, 16))
    y = m.op("TRANSPOSE_CONV", [m.constant(shape, np.int32), filter_, x, m.bias(x, scales)], shape, padding=0, strideH=2,
             strideW=2, version=3)
    return m.set(y, 0.05, -4)


def network(m: Quantised) -> int:
    y = m.qdepthwise(m.qconv(m.image((1, 29, 31, 16)), 40, activation="RELU6"), activation="RELU")
    return m.qconv(m.qdepthwise(m.qconv(y, 56, 1), 5, stride=2), 24, 1)


def mean(m: Quantised, scale: float = 0.01, zero: int = 4, rows: int = 9, keep: bool = True) -> int:
    shape = (1, 1, 1, 16) if keep else (1, 16)
    y = m.op("MEAN", [m.image((1, rows, 11, 16)), m.constant(np.int32([1, 2]))], shape, keepDims=keep, version=2)
    return m.set(y, scale, zero)


# Of these the engine's reference kernels have the formula of "double".
ROUNDED: dict[str, Build] = {
    "conv": lambda m: m.qconv(m.image((1, 29, 31, 16)), 40),
    "conv, stride 2, VALID, RELU": lambda m: m.qconv(m.image((1, 29, 31, 16)), 24, stride=2, same=False, activation="RELU"),
    "depthwise": lambda m: m.qdepthwise(m.image((1, 29, 31, 48))),
    "transposed convolution": transposed,
    "fully connected": lambda m: fully_connected(m, 100, 90),
    "network": network,
    "add a number": lambda m: with_number(m, "ADD"),
    "a number less it": lambda m: with_number(m, "SUB", True),
    "mul by a number": lambda m: with_number(m, "MUL"),
    "hard-swish in pieces": hard_swish_in_pieces,
    "add": add,
    "add, RELU": lambda m: add(m, "RELU"),
    "sub": lambda m: add(m, kind="SUB"),
    "mul, RELU6": lambda m: add(m, "RELU6", "MUL"),
}
# Likewise of both types.
MEANS: dict[str, Build] = {
    "average pool": pool("AVERAGE_POOL_2D"),
    "average pool 3x3, RELU": pool("AVERAGE_POOL_2D", 3, fused="RELU"),
    "average pool 4x4, SAME": pool("AVERAGE_POOL_2D", 4, same=True),
    "mean": mean,
    "mean of one scale": lambda m: mean(m, 0.02, 3, rows=8),
    "mean to a large scale": lambda m: mean(m, 0.1, -5, rows=6, keep=False),
}


def reshape(m: Quantised) -> int:
    y = m.op("RESHAPE", [m.image(), m.constant(np.int32([1, -1]))], (1, 9 * 11 * 16), newShape=[1, -1])
    return m.set(y, 0.02, 3)


def converted(m: Quantised) -> int:
    x = m.set(m.op("QUANTIZE", [m.input(IMAGE)], IMAGE), 0.02, 3)
    return m.op("DEQUANTIZE", [m.qconv(x)], (1, 9, 11, 24), version=2)


CASES: dict[str, Build] = {
    "conv 3x3": lambda m: m.qconv(m.image()),
    "conv 1x1": lambda m: m.qconv(m.image(), 20, 1),
    "conv, stride 2, VALID": lambda m: m.qconv(m.image(), stride=2, same=False),
    "conv, dilated": lambda m: m.qconv(m.image(), dilation=2),
    "transposed convolution": transposed,
    "conv, RELU6": lambda m: m.qconv(m.image(), activation="RELU6"),
    "depthwise": lambda m: m.qdepthwise(m.image()),
    "depthwise 5x5, stride 2, RELU": lambda m: m.qdepthwise(m.image(), 5, stride=2, activation="RELU"),
    "add": add,
    "add, RELU": lambda m: add(m, "RELU"),
    "average pool": pool("AVERAGE_POOL_2D"),
    "max pool": pool("MAX_POOL_2D"),
    "fully connected": fully_connected,
    "mean": mean,
    "hard-swish": activation("HARD_SWISH", 0.02, -100),
    "logistic": activation("LOGISTIC", 1 / 256, -128, 2),
    "reshape": reshape,
    "from fp32 and back": converted,
}


def draw(random: np.random.Generator, detail: dict) -> np.ndarray:
    """Of all bits, or floats."""
    if detail["dtype"] == np.float32:
        return random.uniform(-2, 2, detail["shape"]).astype(np.float32)
    return random.integers(0, 256, detail["shape"]).astype(np.uint8).view(detail["dtype"])


class TestRounding(unittest.TestCase):
    def count_differences(self, kind: type[Quantised], build: Build) -> tuple[dict[str, int], np.ndarray]:
        """How many outputs differ from the reference kernels' for each rounding, and these."""
        with tempfile.TemporaryDirectory() as folder:
            m = kind(11)
            model = m.save(Path(folder) / "model.tflite", build(m))
            reference = engine.interpreter(model, experimental_op_resolver_type=engine.REFERENCE)
            random = np.random.default_rng(6)
            inputs = [draw(random, detail) for detail in reference.get_input_details()]
            (wanted,) = engine.run(reference, inputs)
            differ = {}
            for rounding in ("even", "single", "double"):
                made, report = engine.explained(model, least_gain=0, rounding=rounding)
                self.assertEqual([n["reason"] for n in report["nodes"] if n["group"] < 0], [])
                (got,) = engine.run(made, inputs)
                differ[rounding] = int((wanted != got).sum())
            self.assertEqual(differ["double"], 0)
            return differ, wanted

    # The others are other formulas: the option reaches the operators.
    def test_double_has_the_bits_of_the_reference_kernels(self) -> None:
        even = single = 0
        for name, build in ROUNDED.items():
            with self.subTest(name):
                differ, wanted = self.count_differences(Quantised, build)
                self.assertGreater(np.unique(wanted).size, 50)
                even += differ["even"]
                single += differ["single"]
        self.assertGreater(even, 0)
        self.assertGreater(single, 0)

    def test_double_has_the_means_of_the_reference_kernels(self) -> None:
        for kind in (Quantised, Unsigned):
            for name, build in MEANS.items():
                with self.subTest(name, type=kind.dtype.__name__):
                    differ, wanted = self.count_differences(kind, build)
                    self.assertGreater(np.unique(wanted).size, 1)
                    if name == "average pool":
                        self.assertGreater(differ["even"], 0)
                        self.assertEqual(differ["single"], 0)


class TestQuantised(unittest.TestCase):
    def test_operators_of_8_bits(self) -> None:
        for name, build in CASES.items():
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                m = Quantised(7)
                model = m.save(Path(folder) / "model.tflite", build(m))
                plain = engine.interpreter(model)
                made, report = engine.explained(model, least_gain=0)
                self.assertEqual([n["reason"] for n in report["nodes"] if n["group"] < 0], [])
                random = np.random.default_rng(5)
                inputs = [draw(random, detail) for detail in made.get_input_details()]
                (wanted,), (got,) = engine.run(plain, inputs), engine.run(made, inputs)
                self.assertEqual(wanted.dtype, got.dtype)
                step = 0.05 if wanted.dtype == np.float32 else 1
                gaps = np.abs(wanted.astype(np.float64) - got)
                self.assertGreater(np.unique(wanted).size, 8)
                self.assertLessEqual(gaps.max(), 1.001 * step)
                self.assertLessEqual((gaps > 0).mean(), TIES if name == "average pool" else SOME)

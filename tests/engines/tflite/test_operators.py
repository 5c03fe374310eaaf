"""Each operator that the delegate's reader translates: claimed, and with the engine's own outputs."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path
from typing import Callable

import numpy as np

import engine
from models import Model, activation_code, conv_size

Case = Callable[[Model], int | list[int]]
CASES: dict[str, Case] = {}


def case(name: str) -> Callable[[Case], Case]:
    def add(build: Case) -> Case:
        CASES[name] = build
        return build
    return add


def image(m: Model, c: int = 8, h: int = 9, w: int = 11) -> int:
    return m.input((1, h, w, c))


def add_convolutions() -> None:
    for kernel, stride, same, dilation in [(1, 1, True, 1), (3, 1, True, 1), (3, 2, True, 1), (3, 2, False, 1),
                                           (5, 2, True, 1), (3, 1, True, 2), (2, 2, False, 1), (2, 1, True, 1)]:
        name = f"{kernel}x{kernel} stride {stride} {'SAME' if same else 'VALID'} dilation {dilation}"
        CASES[f"conv {name}"] = lambda m, k=kernel, s=stride, p=same, d=dilation: m.conv(
            image(m), 20, k, s, same=p, dilation=d)
        if kernel > 1:
            CASES[f"depthwise {name}"] = lambda m, k=kernel, s=stride, p=same, d=dilation: m.depthwise(
                image(m, 20), k, s, same=p, dilation=d)
    for activation in ("RELU", "RELU6", "RELU_N1_TO_1"):
        CASES[f"conv {activation}"] = lambda m, a=activation: m.conv(image(m), 12, 3, activation=a)
        CASES[f"depthwise {activation}"] = lambda m, a=activation: m.depthwise(image(m), activation=a)
        CASES[f"add {activation}"] = lambda m, a=activation: binary(m, "ADD", (8,), fused=a)
    CASES["grouped conv"] = lambda m: m.conv(image(m, 12), 24, 3, groups=3)
    for multiplier in (2, 8):
        CASES[f"depthwise multiplier {multiplier}"] = lambda m, k=multiplier: m.depthwise(image(m, 3), multiplier=k)


def binary(m: Model, kind: str, shape: tuple[int, ...], fused: str | None = None, positive: bool = False) -> int:
    """A convolution's output with a constant of a broadcast shape, or with another input."""
    x = m.conv(image(m), 8, 3)
    values = m.draw(*shape)
    y = m.constant(np.abs(values) + 0.5 if positive else values)
    options = {} if fused is None else {"fusedActivationFunction": activation_code(fused)}
    return m.op(kind, [x, y], m.shape(x), **options)


def add_elements() -> None:
    for kind in ("ADD", "SUB", "MUL"):
        for name, shape in [("scalar", ()), ("by channel", (8,)), ("by channel of 4 axes", (1, 1, 1, 8)),
                            ("whole", (1, 9, 11, 8))]:
            CASES[f"{kind} {name}"] = lambda m, k=kind, s=shape: binary(m, k, s)
        CASES[f"{kind} of two tensors"] = lambda m, k=kind: m.op(
            k, [x := m.conv(image(m), 8, 3), m.depthwise(x)], m.shape(x))
    CASES["DIV by channel"] = lambda m: binary(m, "DIV", (8,), positive=True)
    CASES["MAXIMUM scalar"] = lambda m: binary(m, "MAXIMUM", ())
    CASES["MINIMUM scalar"] = lambda m: binary(m, "MINIMUM", ())
    for kind in ("RELU", "RELU6", "RELU_N1_TO_1", "LOGISTIC", "TANH", "HARD_SWISH"):
        CASES[kind] = lambda m, k=kind: m.op(k, [x := m.conv(image(m), 8, 3)], m.shape(x))
    for approximate in (False, True):
        CASES[f"GELU {approximate}"] = lambda m, a=approximate: m.op("GELU", [x := m.conv(image(m), 8, 3)], m.shape(x), approximate=a)
    CASES["LEAKY_RELU"] = lambda m: m.op("LEAKY_RELU", [x := m.conv(image(m), 8, 3)], m.shape(x), alpha=0.2)
    CASES["PRELU"] = lambda m: m.op("PRELU", [x := m.conv(image(m), 8, 3), m.constant(m.draw(1, 1, 8))], m.shape(x))
    CASES["SiLU"] = lambda m: m.op("MUL", [x := m.conv(image(m), 8, 3), m.op("LOGISTIC", [x], m.shape(x))], m.shape(x))
    CASES["SOFTMAX"] = lambda m: m.op("SOFTMAX", [x := m.conv(image(m), 8, 3)], m.shape(x), beta=1.0)


def pool(m: Model, kind: str, kernel: int, stride: int, same: bool, activation: str = "NONE") -> int:
    x = m.conv(image(m), 12)
    n, h, w, c = m.shape(x)
    size = [conv_size(side, kernel, stride, 1, same) for side in (h, w)]
    return m.op(kind, [x], (n, *size, c), padding=0 if same else 1, strideH=stride, strideW=stride, filterHeight=kernel,
                filterWidth=kernel, fusedActivationFunction=activation_code(activation))


def resize(m: Model, kind: str, size: tuple[int, int], align: bool, half: bool) -> int:
    x = m.conv(image(m), 12)
    return m.op(kind, [x, m.constant(size, np.int32)], (1, *size, 12), version=3, alignCorners=align,
                halfPixelCenters=half)


def add_images() -> None:
    for kind in ("MAX_POOL_2D", "AVERAGE_POOL_2D"):
        for kernel, stride, same in [(2, 2, True), (2, 2, False), (3, 2, True), (3, 1, True), (5, 1, True)]:
            CASES[f"{kind} {kernel} stride {stride} {'SAME' if same else 'VALID'}"] = (
                lambda m, t=kind, k=kernel, s=stride, p=same: pool(m, t, k, s, p))
        CASES[f"{kind} RELU6"] = lambda m, t=kind: pool(m, t, 2, 2, True, "RELU6")
    for size in ((18, 22), (13, 7), (27, 33), (1, 1)):
        for align, half in ((False, False), (True, False), (False, True)):
            for kind in ("RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"):
                CASES[f"{kind} to {size[0]} x {size[1]} align {align} half {half}"] = (
                    lambda m, k=kind, s=size, a=align, h=half: resize(m, k, s, a, h))
    CASES["DEPTH_TO_SPACE"] = lambda m: m.op("DEPTH_TO_SPACE", [m.conv(image(m), 12)], (1, 18, 22, 3), blockSize=2)
    CASES["SPACE_TO_DEPTH"] = lambda m: m.op("SPACE_TO_DEPTH", [m.conv(image(m, 8, 8, 12), 3)], (1, 4, 6, 12),
                                             blockSize=2)
    for stride, same in ((2, True), (2, False), (1, True)):
        CASES[f"TRANSPOSE_CONV stride {stride} {'SAME' if same else 'VALID'}"] = (
            lambda m, s=stride, p=same: transposed(m, s, p))


def transposed(m: Model, stride: int, same: bool) -> int:
    x = m.conv(image(m), 12)
    size = [side * stride + (0 if same else max(0, 3 - stride)) for side in (9, 11)]
    shape = (1, *size, 10)
    return m.op("TRANSPOSE_CONV", [m.constant(shape, np.int32), m.weights(10, 3, 3, 12), x], shape,
                padding=0 if same else 1, strideH=stride, strideW=stride)


def add_shapes() -> None:
    @case("PAD of height and width")
    def _(m: Model) -> int:
        x = m.conv(image(m), 12)
        x = m.op("PAD", [x, m.constant([[0, 0], [1, 2], [3, 0], [0, 0]], np.int32)], (1, 12, 14, 12))
        return m.conv(x, 8, 3, same=False)

    @case("PAD of channels")
    def _(m: Model) -> int:
        x = m.conv(image(m), 12)
        return m.op("PAD", [x, m.constant([[0, 0], [0, 0], [0, 0], [0, 5]], np.int32)], (1, 9, 11, 17))

    @case("PADV2")
    def _(m: Model) -> int:
        x = m.conv(image(m), 12)
        return m.op("PADV2", [x, m.constant([[0, 0], [1, 1], [1, 1], [0, 0]], np.int32), m.constant(np.float32(-2.5))],
                    (1, 11, 13, 12))

    @case("RESHAPE")
    def _(m: Model) -> int:
        return m.op("RESHAPE", [m.conv(image(m), 12), m.constant([1, -1, 6], np.int32)], (1, 198, 6), newShape=[1, -1, 6])

    @case("SQUEEZE")
    def _(m: Model) -> int:
        return m.op("SQUEEZE", [m.conv(m.input((1, 1, 1, 8)), 12)], (1, 12), squeezeDims=[1, 2])

    @case("EXPAND_DIMS")
    def _(m: Model) -> int:
        x = m.op("FULLY_CONNECTED", [m.input((2, 8)), m.weights(12, 8), -1], (2, 12))
        return m.op("EXPAND_DIMS", [x, m.constant([1], np.int32)], (2, 1, 12))

    @case("CONCATENATION of channels")
    def _(m: Model) -> int:
        x = image(m)
        return m.op("CONCATENATION", [m.conv(x, 5), m.depthwise(x), m.conv(x, 12, 3)], (1, 9, 11, 25), axis=3)

    @case("CONCATENATION of rows")
    def _(m: Model) -> int:
        x = image(m)
        return m.op("CONCATENATION", [m.conv(x, 8), m.depthwise(x)], (1, 18, 11, 8), axis=1)

    @case("SPLIT")
    def _(m: Model) -> list[int]:
        return m.op("SPLIT", [m.constant(np.int32(3)), m.conv(image(m), 12)], *[(1, 9, 11, 4)] * 3, numSplits=3)

    @case("SPLIT_V")
    def _(m: Model) -> list[int]:
        sizes = (2, 7, 3)
        return m.op("SPLIT_V", [m.conv(image(m), 12), m.constant(sizes, np.int32), m.constant(np.int32(3))],
                    *[(1, 9, 11, size) for size in sizes], numSplits=3)

    @case("SLICE")
    def _(m: Model) -> int:
        return m.op("SLICE", [m.conv(image(m), 12), m.constant([0, 0, 0, 4], np.int32),
                              m.constant([1, -1, 11, 5], np.int32)], (1, 9, 11, 5))

    @case("STRIDED_SLICE")
    def _(m: Model) -> int:
        return m.op("STRIDED_SLICE", [m.conv(image(m), 12), *(m.constant(v, np.int32) for v in (
            [0, 0, 0, 2], [0, 0, 0, 10], [1, 1, 1, 1]))], (1, 9, 11, 8), beginMask=7, endMask=7)

    @case("TRANSPOSE")
    def _(m: Model) -> int:
        return m.op("TRANSPOSE", [m.conv(image(m), 12), m.constant([0, 3, 1, 2], np.int32)], (1, 12, 9, 11))

    @case("MEAN")
    def _(m: Model) -> int:
        return m.op("MEAN", [m.conv(image(m), 12), m.constant([1, 2], np.int32)], (1, 12), keepDims=False)

    @case("MEAN that keeps dims")
    def _(m: Model) -> int:
        return m.op("MEAN", [m.conv(image(m), 12), m.constant([1, 2], np.int32)], (1, 1, 1, 12), keepDims=True)

    @case("FULLY_CONNECTED")
    def _(m: Model) -> int:
        return m.op("FULLY_CONNECTED", [m.input((3, 40)), m.weights(17, 40), m.constant(m.draw(17))], (3, 17),
                    fusedActivationFunction=activation_code("RELU"))

    @case("FULLY_CONNECTED of an image")
    def _(m: Model) -> int:
        return m.op("FULLY_CONNECTED", [m.conv(image(m), 12), m.weights(17, 9 * 11 * 12), -1], (1, 17))

    @case("FULLY_CONNECTED that keeps dims")
    def _(m: Model) -> int:
        return m.op("FULLY_CONNECTED", [m.input((2, 5, 40)), m.weights(17, 40), -1], (2, 5, 17), version=5,
                    keepNumDims=True)


add_convolutions()
add_elements()
add_images()
add_shapes()


class Operators(unittest.TestCase):
    def test_each_is_claimed_and_computes_what_the_engine_computes(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            for name, build in CASES.items():
                with self.subTest(name):
                    m = Model(11)
                    outputs = build(m)
                    model = m.save(Path(folder) / "model.tflite", *(outputs if isinstance(outputs, list) else [outputs]))
                    plain = engine.interpreter(model)
                    inputs = engine.draw_inputs(plain)
                    made, report = engine.explained(model, least_gain=0)
                    left = [f"{n['operator']}: {n['reason']}" for n in report["nodes"] if n["group"] < 0]
                    self.assertEqual(left, [])
                    self.assertLessEqual(engine.difference(engine.run(plain, inputs), engine.run(made, inputs)),
                                         engine.TOLERANCE)


if __name__ == "__main__":
    unittest.main()

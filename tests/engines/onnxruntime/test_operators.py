"""Each operator of ONNX, in the forms that models use: Tandem claims it and computes what ONNX Runtime computes."""

from __future__ import annotations

import unittest

import numpy as np
from onnx import TensorProto, helper

from small_models import CHANNELS, between_convolutions, model, weights
from support import THREADS, difference, explained, random_feeds, same_bits, session

X = {"x": (1, 8, 12, 10)}


def one(operator: str, *inputs: str, **attributes) -> list:
    """A node from "a" and constants to "b"."""
    return [helper.make_node(operator, ["a", *inputs], ["b"], name="tested", **attributes)]


def chain(*steps: tuple) -> list:
    """Nodes (operator, inputs, output[, attributes]), each named after its output."""
    nodes = []
    for operator, inputs, output, *attributes in steps:
        named = attributes[0] if attributes else {}
        nodes.append(helper.make_node(operator, list(inputs), [output], name=f"tested_{output}", **named))
    return nodes


def floats(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def scalar(value: float) -> np.ndarray:
    return np.array(value, np.float32)


def whole(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


def conv(kernel=3, group=1, out=CHANNELS, bias=True, **attributes):
    height, width = kernel if isinstance(kernel, tuple) else (kernel, kernel)
    constants = {"w": weights(7, out, CHANNELS // group, height, width)}
    names = ["w"]
    if bias:
        constants["c"] = weights(8, out)
        names.append("c")
    return one("Conv", *names, group=group, **attributes), constants


def transposed(kernel, group=1, **attributes):
    constants = {"w": weights(7, CHANNELS, CHANNELS // group, kernel, kernel), "c": weights(8, CHANNELS)}
    return one("ConvTranspose", "w", "c", group=group, **attributes), constants


def normalised():
    statistics = {name: weights(i, CHANNELS) for i, name in enumerate(("scale", "shift", "mean"))}
    return one("BatchNormalization", "scale", "shift", "mean", "variance", epsilon=1e-3), statistics | {
        "variance": np.linspace(0.5, 2, CHANNELS, dtype=np.float32)
    }


# name -> (nodes, constants); further: the version of the operators, and the channels behind
CASES: dict[str, tuple] = {
    "conv 3x3": conv(pads=[1, 1, 1, 1]),
    "conv 3x3, stride 2, uneven padding": conv(pads=[0, 1, 2, 1], strides=[2, 2]),
    "conv, strides that differ": conv(strides=[2, 1]),
    "conv, same upper": conv(auto_pad="SAME_UPPER", strides=[2, 2]),
    "conv, same lower": conv(auto_pad="SAME_LOWER", strides=[2, 2]),
    "conv, valid": conv(auto_pad="VALID"),
    "conv, dilated": conv(dilations=[2, 2], pads=[2, 2, 2, 2]),
    "conv 1x1, no bias": conv(1, bias=False),
    "conv 1x5": conv((1, 5), pads=[0, 2, 0, 2]),
    "conv, groups": conv(group=4, pads=[1, 1, 1, 1]),
    "depthwise 3x3": conv(group=CHANNELS, pads=[1, 1, 1, 1]),
    "depthwise 5x5, stride 2": conv(5, group=CHANNELS, pads=[2, 2, 2, 2], strides=[2, 2]),
    "conv transpose 2x2": transposed(2, strides=[2, 2]),
    "conv transpose 3x3, output padding": transposed(3, strides=[2, 2], pads=[1, 1, 1, 1], output_padding=[1, 1]),
    "conv transpose, groups": transposed(3, group=2, strides=[2, 2]),
    "conv transpose, output shape": transposed(3, strides=[2, 2], output_shape=[24, 20]),
    "batch norm": normalised(),
    "max pool": (one("MaxPool", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]), {}),
    "max pool, same": (one("MaxPool", kernel_shape=[5, 5], auto_pad="SAME_UPPER"), {}),
    "max pool, rounded up": (one("MaxPool", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1), {}),
    "average pool": (one("AveragePool", kernel_shape=[2, 2], strides=[2, 2]), {}),
    "average pool, padding left out": (one("AveragePool", kernel_shape=[3, 3], pads=[1, 1, 1, 1]), {}),
    "average pool, padding counted": (
        one("AveragePool", kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1),
        {},
    ),
    "global average pool": (one("GlobalAveragePool"), {}),
    "mean over the image": (one("ReduceMean", axes=[2, 3]), {}),
    "mean, axes as an input": (one("ReduceMean", "axes"), {"axes": whole(-2, -1)}, 18),
    "resize nearest": (
        one("Resize", "", "scales", mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor"),
        {"scales": floats(1, 1, 2, 2)},
    ),
    "resize nearest, half pixel": (one("Resize", "", "scales"), {"scales": floats(1, 1, 2, 3)}),
    "resize linear": (one("Resize", "", "scales", mode="linear"), {"scales": floats(1, 1, 2, 2)}),
    "resize linear, corners": (
        one("Resize", "", "scales", mode="linear", coordinate_transformation_mode="align_corners"),
        {"scales": floats(1, 1, 2, 2)},
    ),
    "resize to sizes": (one("Resize", "", "", "sizes", mode="linear"), {"sizes": whole(1, CHANNELS, 17, 23)}),
    "resize of axes": (one("Resize", "", "scales", axes=[2, 3]), {"scales": floats(2, 2)}, 18),
    "resize of version 10": (one("Resize", "scales", mode="nearest"), {"scales": floats(1, 1, 2, 2)}, 10),
    "upsample": (one("Upsample", "scales", mode="nearest"), {"scales": floats(1, 1, 2, 2)}, 9),
    "depth to space": (one("DepthToSpace", blocksize=2), {}, 13, CHANNELS // 4),
    "depth to space, by columns": (one("DepthToSpace", blocksize=2, mode="CRD"), {}, 13, CHANNELS // 4),
    "space to depth": (one("SpaceToDepth", blocksize=2), {}, 13, CHANNELS * 4),
    "relu": (one("Relu"), {}),
    "relu6": (one("Clip", "low", "high"), {"low": scalar(0), "high": scalar(6)}),
    "clip above": (one("Clip", "", "high"), {"high": scalar(0.5)}),
    "clip of version 6": (one("Clip", min=-0.5, max=0.5), {}, 10),
    "leaky relu": (one("LeakyRelu", alpha=0.1), {}),
    "prelu by channel": (one("PRelu", "slopes"), {"slopes": weights(5, CHANNELS, 1, 1)}),
    "prelu by one number": (one("PRelu", "slopes"), {"slopes": floats(0.25)}),
    "sigmoid": (one("Sigmoid"), {}),
    "hard sigmoid": (one("HardSigmoid", alpha=1 / 6, beta=0.5), {}),
    "hard swish": (one("HardSwish"), {}, 14),
    "tanh": (one("Tanh"), {}),
    "silu in pieces": (chain(("Sigmoid", "a", "s"), ("Mul", "as", "b")), {}),
    "hard swish in pieces": (
        chain(
            ("Add", ["a", "three"], "p"), ("Clip", ["p", "low", "high"], "q"), ("Mul", "aq", "r"), ("Div", ["r", "six"], "b")
        ),
        {"three": scalar(3), "low": scalar(0), "high": scalar(6), "six": scalar(6)},
    ),
    "gelu in pieces": (
        chain(
            ("Div", ["a", "root"], "p"), ("Erf", "p", "q"), ("Add", ["q", "one"], "r"), ("Mul", "ar", "s"), ("Mul", ["s", "half"], "b")
        ),
        {"root": scalar(2**0.5), "one": scalar(1), "half": scalar(0.5)},
    ),
    "gelu": (one("Gelu"), {}, 20),
    "gelu by tanh": (one("Gelu", approximate="tanh"), {}, 20),
    "add a whole tensor": (one("Add", "n"), {"n": weights(5, 1, CHANNELS, 12, 10)}),
    "multiply by a map": (one("Mul", "n"), {"n": weights(5, 1, 1, 12, 10)}),
    "scale and shift behind an activation": (
        chain(("Sigmoid", "a", "p"), ("Mul", ["p", "m"], "q"), ("Add", "qn", "b")),
        {"m": scalar(0.5), "n": weights(5, CHANNELS, 1, 1)},
    ),
    "crop": (one("Slice", "from", "to", "axes"), {"from": whole(1, 2), "to": whole(-1, 9), "axes": whole(2, 3)}),
    "split with a rest": (
        [
            helper.make_node("Split", ["a"], ["p", "q", "r"], name="tested", axis=1, num_outputs=3),
            *chain(("Concat", "rpq", "b", {"axis": 1})),
        ],
        {},
        18,
    ),
    "add a number": (one("Add", "n"), {"n": scalar(0.5)}),
    "add by channel": (one("Add", "n"), {"n": weights(5, 1, CHANNELS, 1, 1)}),
    "multiply by channel": (one("Mul", "n"), {"n": weights(5, CHANNELS, 1, 1)}),
    "subtract a number": (one("Sub", "n"), {"n": scalar(0.5)}),
    "divide by a number": (one("Div", "n"), {"n": scalar(3)}),
    "add itself": (chain(("Relu", "a", "p"), ("Add", "ap", "b")), {}),
    "multiply two tensors": (chain(("Sigmoid", "a", "p"), ("Relu", "a", "q"), ("Mul", "pq", "b")), {}),
    "gate by channel": (chain(("GlobalAveragePool", "a", "p"), ("Sigmoid", "p", "q"), ("Mul", "aq", "b")), {}),
    "concat": (chain(("Relu", "a", "p"), ("Concat", "ap", "b", {"axis": 1})), {}, 13, 2 * CHANNELS),
    "split": (
        [helper.make_node("Split", ["a", "sizes"], ["p", "q"], name="tested", axis=1), *chain(("Mul", "pq", "b"))],
        {"sizes": whole(8, 8)},
        13,
        8,
    ),
    "split of version 11": (
        [
            helper.make_node("Split", ["a"], ["p", "q"], name="tested", axis=1, split=[4, 12]),
            *chain(("Concat", "qp", "b", {"axis": 1})),
        ],
        {},
        11,
    ),
    "slice of channels": (
        one("Slice", "from", "to", "axes"),
        {"from": whole(4), "to": whole(12), "axes": whole(1)},
        13,
        8,
    ),
    "pad": (one("Pad", "sizes"), {"sizes": whole(0, 0, 1, 2, 0, 0, 3, 1)}),
    "identity": (one("Identity"), {}),
}


class OperatorsBetweenConvolutions(unittest.TestCase):
    """In one group with the convolutions on either side."""


def check_case(test: unittest.TestCase, name: str) -> None:
    check(test, between_convolutions(*CASES[name]), X)


def check(test: unittest.TestCase, network: bytes, sizes: dict, claimed: bool = True) -> None:
    feeds = random_feeds(sizes)
    wanted = session(network, tandem=False).run(None, feeds)
    outputs = [session(network, threads, least_gain=0).run(None, feeds) for threads in THREADS]
    test.assertLess(difference(outputs[0], wanted), 1e-4)
    for other in outputs[1:]:
        test.assertTrue(same_bits(other, outputs[0]), "bits differ with the number of threads")
    report = explained(network, least_gain=0)
    left = [f"{node['name']} ({node['operator']}): {node['reason']}" for node in report["nodes"] if node["group"] < 0]
    if claimed:
        test.assertEqual(left, [])
        test.assertEqual(len(report["groups"]), 1)


for case in CASES:
    method = f"test_{case.replace(' ', '_').replace(',', '')}"
    setattr(OperatorsBetweenConvolutions, method, lambda self, case=case: check_case(self, case))


class OperatorsAtTheEnd(unittest.TestCase):
    """Behind a convolution and a pool: the heads of classifiers, with tensors that are not images."""

    def head(self, nodes: list, constants: dict, opset: int = 13) -> None:
        body = [
            helper.make_node("Conv", ["x", "w"], ["c"], pads=[1, 1, 1, 1], name="body"),
            helper.make_node("GlobalAveragePool", ["c"], ["a"], name="pool"),
        ]
        network = model(body + nodes, {"x": [1, 8, 12, 10]}, ["y"], constants | {"w": weights(1, 16, 8, 3, 3)}, opset)
        check(self, network, X)

    def test_flatten_gemm_softmax(self):
        nodes = chain(("Flatten", "a", "f"), ("Gemm", ["f", "m", "n"], "g", {"transB": 1}), ("Softmax", "g", "y"))
        self.head(nodes, {"m": weights(2, 5, 16), "n": weights(3, 5)})

    def test_reshape_matmul_add(self):
        nodes = chain(("Reshape", ["a", "shape"], "f"), ("MatMul", "fm", "g"), ("Add", "gn", "y"))
        self.head(nodes, {"shape": whole(0, -1), "m": weights(2, 5, 16).T.copy(), "n": weights(3, 5)})

    def test_squeeze_softmax_of_version_11(self):
        nodes = chain(("Squeeze", "a", "f", {"axes": [2, 3]}), ("Softmax", "f", "y", {"axis": 1}))
        self.head(nodes, {}, 11)

    def test_transpose_to_pixels(self):
        body = [helper.make_node("Conv", ["x", "w"], ["a"], pads=[1, 1, 1, 1], name="body")]
        nodes = chain(("Transpose", "a", "t", {"perm": [0, 2, 3, 1]}), ("Reshape", ["t", "shape"], "y"))
        constants = {"w": weights(1, 16, 8, 3, 3), "shape": whole(1, -1, 16)}
        check(self, model(body + nodes, {"x": [1, 8, 12, 10]}, ["y"], constants), X)


class UnoptimisedModels(unittest.TestCase):
    """As a session without graph optimisations hands them over: constants are computed by nodes."""

    def test_constants_that_nodes_compute(self):
        nodes = [
            helper.make_node("Conv", ["x", "w"], ["c"], pads=[1, 1, 1, 1], name="body"),
            *chain(("Reshape", ["bias", "shape"], "r"), ("Add", "cr", "a"), ("Unsqueeze", ["half", "axes"], "h"), ("Mul", "ah", "y")),
        ]
        constants = {"w": weights(1, 16, 8, 3, 3), "bias": weights(2, 16), "shape": whole(1, -1, 1, 1)}
        network = model(nodes, {"x": [1, 8, 12, 10]}, ["y"], constants | {"half": scalar(0.5), "axes": whole(0)})
        feeds = random_feeds(X)
        wanted = session(network, tandem=False).run(None, feeds)
        got = session(network, optimised=False, least_gain=0).run(None, feeds)
        self.assertLess(difference(got, wanted), 1e-4)

    def test_batch_norm_by_itself(self):
        network = between_convolutions(*CASES["batch norm"])
        feeds = random_feeds(X)
        wanted = session(network, tandem=False).run(None, feeds)
        self.assertLess(difference(session(network, optimised=False, least_gain=0).run(None, feeds), wanted), 1e-4)


class ComputedShapes(unittest.TestCase):
    """Shapes that the network computes: ONNX Runtime knows nothing of what comes behind them."""

    WEIGHTS = {"w": weights(1, 16, 8, 3, 3), "v": weights(2, 8, 16, 1, 1)}

    def conv(self, src: str, dst: str, name: str):
        return helper.make_node("Conv", [src, name], [dst], name=f"conv_{dst}")

    def check(self, nodes: list, inputs: dict, outputs: list, constants: dict, feeds: dict, types: dict) -> None:
        network = model(nodes, inputs, outputs, self.WEIGHTS | constants, types=types)
        wanted = session(network, tandem=False).run(None, feeds)
        self.assertLess(difference(session(network, least_gain=0).run(None, feeds), wanted), 1e-4)
        for node in explained(network, least_gain=0)["nodes"]:
            if node["operator"] in ("Conv", "Relu"):
                self.assertGreaterEqual(node["group"], 0, node)

    def test_shape_that_is_an_input(self):
        nodes = [self.conv("x", "a", "w"), *chain(("Reshape", "as", "b")), self.conv("b", "y", "v")]
        feeds = random_feeds({"x": (1, 8, 12, 10)}) | {"s": whole(1, 16, 8, 10)}
        inputs = {"x": ["n", 8, "h", "w"], "s": [4]}
        self.check(nodes, inputs, ["y"], {}, feeds, {"s": TensorProto.INT64})

    def test_size_that_is_an_output_as_well(self):
        nodes = [
            self.conv("x", "a", "w"),
            *chain(("Shape", "a", "s"), ("Slice", ["s", "zero", "one"], "n"), ("Concat", ["n", "rest"], "t", {"axis": 0})),
            *chain(("Reshape", "at", "y")),
        ]
        constants = {"zero": whole(0), "one": whole(1), "rest": whole(-1)}
        feeds = random_feeds({"x": (3, 8, 12, 10)})
        inputs = {"x": ["n", 8, "h", "w"]}
        self.check(nodes, inputs, ["y", "n"], constants, feeds, {"n": TensorProto.INT64})

    def test_size_that_the_engine_reads_as_well(self):
        nodes = [
            self.conv("x", "a", "w"),
            *chain(("Shape", "a", "s"), ("Slice", ["s", "zero", "one"], "n"), ("Concat", ["n", "rest"], "t", {"axis": 0})),
            *chain(("Reshape", "at", "f"), ("Selu", "f", "g"), ("Reshape", "gs", "h")),
            self.conv("h", "y", "v"),
        ]
        constants = {"zero": whole(0), "one": whole(1), "rest": whole(-1)}
        feeds = random_feeds({"x": (3, 8, 12, 10)})
        self.check(nodes, {"x": ["n", 8, "h", "w"]}, ["y"], constants, feeds, {})


class LeftToTheEngine(unittest.TestCase):
    """The reader gives a reason; the session computes what it did without Tandem."""

    def left(self, network: bytes, sizes: dict, operator: str, reason: str) -> None:
        check(self, network, sizes, claimed=False)
        reasons = {n["operator"]: n["reason"] for n in explained(network, least_gain=0)["nodes"] if n["group"] < 0}
        self.assertIn(operator, reasons)
        self.assertIn(reason, reasons[operator])

    def between(self, nodes, constants, operator, reason, opset=13):
        self.left(between_convolutions(nodes, constants, opset), X, operator, reason)

    def test_unknown_operator(self):
        self.between(one("Selu"), {}, "Selu", "Tandem has no such operator")

    def test_cubic_resize(self):
        self.between(one("Resize", "", "s", mode="cubic"), {"s": floats(1, 1, 2, 2)}, "Resize", "mode cubic")

    def test_reflecting_pad(self):
        self.between(one("Pad", "s", mode="reflect"), {"s": whole(0, 0, 1, 1, 0, 0, 1, 1)}, "Pad", "mode reflect")

    def test_convolution_of_volumes(self):
        nodes = [helper.make_node("Conv", ["x", "w"], ["y"], name="volumes")]
        network = model(nodes, {"x": [1, 8, 5, 6, 7]}, ["y"], {"w": weights(1, 16, 8, 3, 3, 3)})
        self.left(network, {"x": (1, 8, 5, 6, 7)}, "Conv", "lines or images")

    def test_convolution_with_a_computed_filter(self):
        nodes = [helper.make_node("Conv", ["x", "w"], ["y"], name="computed")]
        network = model(nodes, {"x": [1, 8, 9, 9], "w": [4, 8, 3, 3]}, ["y"], {})
        self.left(network, {"x": (1, 8, 9, 9), "w": (4, 8, 3, 3)}, "Conv", "")


if __name__ == "__main__":
    unittest.main()

"""Small ONNX models, each of a few nodes between two convolutions or alone."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto, helper, numpy_helper

CHANNELS = 16
IR_VERSION = 8


def weights(seed: int, *shape: int) -> np.ndarray:
    return (np.random.default_rng(seed).standard_normal(shape) / np.sqrt(max(1, np.prod(shape[1:])))).astype(np.float32)


def model(nodes, inputs: dict, outputs: list[str], constants: dict, opset: int = 13, types: dict | None = None) -> bytes:
    """inputs: the sizes of each; None or a name for one that is not known. types: of inputs and outputs that are not floats."""
    types = types or {}

    def port(name, shape):
        return helper.make_tensor_value_info(name, types.get(name, TensorProto.FLOAT), shape)

    graph = helper.make_graph(
        nodes,
        "small",
        [port(name, shape) for name, shape in inputs.items()],
        [port(name, None) for name in outputs],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in constants.items()],
    )
    imports = [helper.make_opsetid("", opset)]
    return helper.make_model(graph, opset_imports=imports, ir_version=IR_VERSION).SerializeToString()


def between_convolutions(nodes, constants: dict, opset: int = 13, channels: int = CHANNELS, size=(12, 10)) -> bytes:
    """conv -> nodes from "a" to "b" -> conv, on an image x [1, 8, H, W]. The second reads `channels`."""
    first = helper.make_node("Conv", ["x", "first", "first_bias"], ["a"], pads=[1, 1, 1, 1], name="first")
    second = helper.make_node("Conv", ["b", "second"], ["y"], name="second")
    own = {
        "first": weights(1, CHANNELS, 8, 3, 3),
        "first_bias": weights(2, CHANNELS),
        "second": weights(3, 8, channels, 1, 1),
    }
    return model([first, *nodes, second], {"x": [1, 8, *size]}, ["y"], own | constants, opset)


def mobile_network(height="H", width="W", batch="N") -> bytes:
    """Convolution, two inverted residuals, a squeeze-and-excite, a head: what small networks are made of."""
    nodes, constants = [], {}

    def conv(src, dst, out, into, kernel, stride=1, group=1):
        number = len(constants)
        constants[f"w{number}"] = weights(number, out, into // group, kernel, kernel)
        constants[f"b{number}"] = weights(number + 1000, out) * 0.1
        nodes.append(
            helper.make_node(
                "Conv",
                [src, f"w{number}", f"b{number}"],
                [dst],
                group=group,
                strides=[stride, stride],
                pads=[kernel // 2] * 4,
                name=f"conv_{dst}",
            )
        )

    def node(operator, inputs, output, **attributes):
        nodes.append(helper.make_node(operator, inputs, [output], name=f"{operator}_{output}", **attributes))

    conv("x", "c1", 16, 3, 3, 2)
    node("HardSwish", ["c1"], "a1")
    for block in (2, 3):
        src = "a1" if block == 2 else "r2"
        conv(src, f"e{block}", 64, 16, 1)
        node("Relu", [f"e{block}"], f"ea{block}")
        conv(f"ea{block}", f"d{block}", 64, 64, 3, 1, 64)
        node("Relu", [f"d{block}"], f"da{block}")
        conv(f"da{block}", f"p{block}", 16, 64, 1)
        node("Add", [f"p{block}", src], f"r{block}")
    node("GlobalAveragePool", ["r3"], "g")
    conv("g", "s1", 8, 16, 1)
    node("Relu", ["s1"], "sa1")
    conv("sa1", "s2", 16, 8, 1)
    node("HardSigmoid", ["s2"], "sa2")
    node("Mul", ["r3", "sa2"], "se")
    conv("se", "c4", 32, 16, 3, 2)
    node("Relu", ["c4"], "y")
    return model(nodes, {"x": [batch, 3, height, width]}, ["y"], constants, opset=14)

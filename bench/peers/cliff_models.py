"""The points of cliff_bench as models of ONNX Runtime, each a single operator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from corpus_layers import Layer
from corpus_models import write_onnxruntime
from networks import INPUT, write_tensors

OPSET, IR_VERSION = 20, 9

Point = dict[str, Any]  # as cliff_bench --json writes it

ATTRIBUTES = {"LeakyRelu": {"alpha": 0.1}, "HardSigmoid": {"alpha": 1 / 6}, "GeluTanh": {"approximate": "tanh"}}


def _nchw(nhwc: list[int]) -> list[int]:
    return [nhwc[i] for i in (0, 3, 1, 2)]


def _operands(point: Point) -> dict[str, np.ndarray]:
    """The constant inputs behind the first one; an empty array stands for an input that is left out."""
    op, shape = point["op"], _nchw(point["input_nhwc"])
    if op == "Clip":
        return {"low": np.float32(0), "high": np.float32(6)}
    if op == "PRelu":
        return {"slopes": np.full((shape[1], 1, 1), 0.1, np.float32)}
    if op in ("Add", "Div", "Mul"):
        return {"second": np.full(_nchw(point["second_nhwc"]), 1.5, np.float32)}
    if op == "Resize":
        return {"roi": np.empty(0, np.float32), "scales": np.array([1, 1, point["scale"], point["scale"]], np.float32)}
    return {}


def _attributes(point: Point) -> dict[str, Any]:
    op = point["op"]
    if op in ("MaxPool", "AveragePool"):
        return {"kernel_shape": point["kernel"], "strides": point["stride"], "pads": point["pads_tlbr"]}
    if op == "Resize":
        linear = point["mode"] == "linear"
        return {
            "mode": point["mode"],
            "coordinate_transformation_mode": "half_pixel" if linear else "asymmetric",
            "nearest_mode": "floor",
        }
    return ATTRIBUTES.get(op, {})


def write_point(point: Point, folder: Path) -> None:
    """Convolutions in the layout that ONNX Runtime likes best, as in the corpus; the others in NCHW, softmax on rows."""
    if point["op"] == "conv":
        write_onnxruntime(Layer(point), folder)
        return
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    operands = _operands(point)
    n, h, w, c = point["input_nhwc"]
    softmax = point["op"] == "Softmax"
    src = np.random.default_rng(1).uniform(-1, 1, (n * h * w, c) if softmax else (n, h, w, c)).astype(np.float32)
    inputs = [INPUT, *(name if value.size else "" for name, value in operands.items())]
    if point["op"] == "Swish":
        nodes = [helper.make_node("Sigmoid", [INPUT], ["gate"]), helper.make_node("Mul", [INPUT, "gate"], ["dst"])]
    else:
        nodes = [helper.make_node(point["op"].removesuffix("Tanh") or "Tanh", inputs, ["dst"], **_attributes(point))]
    graph = helper.make_graph(
        nodes,
        "point",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, list(src.shape) if softmax else [n, c, h, w])],
        [helper.make_tensor_value_info("dst", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in operands.items() if value.size],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    onnx.save(onnx.shape_inference.infer_shapes(model), folder / "model.onnx")
    write_tensors(folder / "model.safetensors", {INPUT: src})

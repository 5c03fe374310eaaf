"""A network as ONNX, for ONNX Runtime and OpenVINO: NCHW, as ONNX demands; the engines lay it out anew inside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import onnx
from onnx import TensorProto, helper, numpy_helper

from networks import INPUT, Network, Step

# Old enough for every recent release; newer versions add nothing for these operators.
OPSET, IR_VERSION = 13, 8


def conv_attributes(step: Step) -> dict[str, Any]:
    return {
        "kernel_shape": [step.kernel] * 2,
        "strides": [step.stride] * 2,
        "pads": list(step.padding),
        "group": step.src_channels if step.op == "depthwise" else 1,
    }


def _nodes(network: Network, step: Step) -> list[onnx.NodeProto]:
    """The step's operator; then what ONNX keeps in operators of their own and the engines fuse again."""
    tensors = [f"{step.name}.weight", f"{step.name}.bias"]
    if step.op == "global_average_pool":
        pooled = f"{step.name}.pooled"
        return [
            helper.make_node("GlobalAveragePool", [step.src], [pooled]),
            helper.make_node("Flatten", [pooled], [step.name]),
        ]
    if step.op == "fully_connected":
        return [helper.make_node("Gemm", [step.src, *tensors], [step.name], transB=1)]

    conv = f"{step.name}.conv" if step.relu6 or step.residual else step.name
    nodes = [helper.make_node("Conv", [step.src, *tensors], [conv], name=step.name, **conv_attributes(step))]
    if step.relu6:
        nodes.append(helper.make_node("Clip", [conv, "zero", "six"], [step.name]))
    elif step.residual:
        nodes.append(helper.make_node("Add", [conv, step.residual], [step.name]))
    return nodes


def save(network: Network, nodes: list[onnx.NodeProto], initializers: list[onnx.TensorProto], path: Path) -> None:
    """The model from the picture in NCHW to the output of the last step, both fp32."""
    _, height, width, channels = network.tensors[INPUT].shape
    last = network.steps[-1]
    graph = helper.make_graph(
        nodes,
        network.name,
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [1, channels, height, width])],
        [helper.make_tensor_value_info(last.name, TensorProto.FLOAT, [1, last.dst_channels])],
        initializers,
    )
    domains = sorted({node.domain for node in nodes})
    opsets = [helper.make_opsetid(domain, 1 if domain else OPSET) for domain in domains]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def write(network: Network, folder: Path) -> None:
    initializers = [numpy_helper.from_array(t, name) for name, t in network.tensors.items() if name != INPUT]
    for name, value in (("zero", 0.0), ("six", 6.0)):
        initializers.append(helper.make_tensor(name, TensorProto.FLOAT, [], [value]))
    nodes = [node for step in network.steps for node in _nodes(network, step)]
    save(network, nodes, initializers, folder / "model.onnx")

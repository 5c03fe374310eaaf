"""A quantised network as ONNX, in the two forms of ONNX Runtime's quantiser: tensors of u8, weights of s8 by channel.

    QDQ         x -> QuantizeLinear -> DequantizeLinear -> Conv ...   fp32 operators; the engine finds those of 8 bits
    QOperator   x -> QuantizeLinear -> QLinearConv ...                operators of 8 bits, some of ONNX Runtime's own

Neither has an activation: the range of the integers is the clamp. The last layer yields fp32, as Tandem's does.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

from networks import INPUT, Step
from onnx_model import conv_attributes, save
from quantised import MICROSOFT, QuantisedNetwork, conv_output


def _q(name: str) -> str:
    """The tensor of u8 of this name."""
    return f"{name}.quantised"


def _type(name: str) -> list[str]:
    return [f"{name}.scale", f"{name}.zero_point"]


def _quantised(name: str) -> list[str]:
    return [_q(name), *_type(name)]


def _weight(step: Step) -> list[str]:
    return [f"{step.name}.weight", f"{step.name}.scales", f"{step.name}.zero_points"]


def _initializers(network: QuantisedNetwork) -> list[onnx.TensorProto]:
    tensors: dict[str, np.ndarray] = {}
    for name, q in network.types.items():
        tensors |= dict(zip(_type(name), (np.float32(q.scale), np.uint8(q.zero_point)), strict=True))
    for step in network.steps:
        if not step.filter_shape:
            continue
        zeros = np.zeros(step.dst_channels, np.int8)
        tensors |= dict(zip(_weight(step), (network.filter(step), network.scales(step), zeros), strict=True))
        tensors[f"{step.name}.bias"] = network.bias(step)
    return [numpy_helper.from_array(np.asarray(tensor), name) for name, tensor in tensors.items()]


def _operators(step: Step) -> Iterator[onnx.NodeProto]:
    """On tensors of u8."""
    make, dst, bias = helper.make_node, conv_output(step), f"{step.name}.bias"
    if step.op == "global_average_pool":
        pooled = f"{step.name}.pooled"
        inputs = [*_quantised(step.src), *_type(step.name)]
        yield make("QLinearGlobalAveragePool", inputs, [pooled], domain=MICROSOFT, channels_last=0)
        yield make("Flatten", [pooled], [_q(step.name)])
    elif step.op == "fully_connected":
        inputs = [*_quantised(step.src), *_weight(step), bias]
        yield make("QGemm", inputs, [step.name], domain=MICROSOFT, transB=1)
    else:
        inputs = [*_quantised(step.src), *_weight(step), *_type(dst), bias]
        yield make("QLinearConv", inputs, [_q(dst)], name=step.name, **conv_attributes(step))
    if step.residual:
        inputs = [*_quantised(dst), *_quantised(step.residual), *_type(step.name)]
        yield make("QLinearAdd", inputs, [_q(step.name)], domain=MICROSOFT)


def write_qoperator(network: QuantisedNetwork, folder: Path) -> None:
    nodes = [helper.make_node("QuantizeLinear", [INPUT, *_type(INPUT)], [_q(INPUT)])]
    nodes += [node for step in network.steps for node in _operators(step)]
    save(network.network, nodes, _initializers(network), folder / "model.onnx")


def _real(name: str) -> str:
    """The tensor of this name after its integers have become real numbers again."""
    return f"{name}.dequantised"


def _through_integers(value: str, name: str, like: str = "") -> list[onnx.NodeProto]:
    """The tensor `name`, of the type of `like` if that is not its own."""
    type_ = _type(like or name)
    return [
        helper.make_node("QuantizeLinear", [value, *type_], [_q(name)]),
        helper.make_node("DequantizeLinear", [_q(name), *type_], [_real(name)]),
    ]


def _between_conversions(step: Step) -> Iterator[onnx.NodeProto]:
    """The step in fp32, and its output through integers."""
    make, dst = helper.make_node, conv_output(step)
    exact = f"{dst}.exact"
    if step.op == "global_average_pool":
        pooled, flat = f"{step.name}.pooled", f"{step.name}.flat"
        yield make("GlobalAveragePool", [_real(step.src)], [exact])
        yield from _through_integers(exact, pooled, step.name)
        yield make("Flatten", [_real(pooled)], [flat])
        yield from _through_integers(flat, step.name)
        return
    weight, bias = _real(f"{step.name}.weight"), _real(f"{step.name}.bias")
    bias_inputs = [f"{step.name}.bias", f"{step.name}.bias_scales", f"{step.name}.bias_zero_points"]
    yield make("DequantizeLinear", _weight(step), [weight], axis=0)
    yield make("DequantizeLinear", bias_inputs, [bias], axis=0)
    if step.op == "fully_connected":
        yield make("Gemm", [_real(step.src), weight, bias], [step.name], transB=1)
        return
    yield make("Conv", [_real(step.src), weight, bias], [exact], name=step.name, **conv_attributes(step))
    yield from _through_integers(exact, dst)
    if step.residual:
        total = f"{step.name}.sum"
        yield make("Add", [_real(dst), _real(step.residual)], [total])
        yield from _through_integers(total, step.name)


def write_qdq(network: QuantisedNetwork, folder: Path) -> None:
    nodes = _through_integers(INPUT, INPUT)
    nodes += [node for step in network.steps for node in _between_conversions(step)]
    initializers = _initializers(network)
    for step in network.steps:
        if step.filter_shape:
            scales, zeros = network.bias_scales(step), np.zeros(step.dst_channels, np.int32)
            initializers.append(numpy_helper.from_array(scales, f"{step.name}.bias_scales"))
            initializers.append(numpy_helper.from_array(zeros, f"{step.name}.bias_zero_points"))
    save(network.network, nodes, initializers, folder / "model.onnx")

"""A layer of the corpus on 8 bits, in the form that each engine likes best: the same integers and scales in all of them.

Tensors are u8 with any zero point, weights s8 with a scale for each output channel, biases s32. As in corpus_models.py, each
engine computes with its data in its own layout.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import corpus_models
from corpus_layers import Layer
from corpus_models import Restore
from networks import INPUT, write_tensors
from quantised import MICROSOFT, Quantization, quantise_weights, quantization_of

# Outputs have a variance near one: few lie beyond six. The zero point is none of the special ones.
DST = Quantization(float(np.float32(12 / 255)), 127)


@dataclass(frozen=True)
class QuantisedLayer:
    layer: Layer
    src: Quantization
    tensors: dict[str, np.ndarray]  # INPUT of u8 in NHWC, "filter" of s8 in OIHW, "scales" of fp32, "bias" of s32

    @property
    def bias_scales(self) -> np.ndarray:
        return np.float32(self.src.scale) * self.tensors["scales"]

    def real(self, dst: np.ndarray) -> np.ndarray:
        """[N, OH, OW, M] of the integers of an output."""
        return DST.scale * (dst.astype(np.float64) - DST.zero_point)


def quantise(layer: Layer) -> QuantisedLayer:
    real = layer.tensors
    src = quantization_of(real[INPUT])
    filter_, scales, bias = quantise_weights(real["filter"], real["bias"], src)
    integers = np.clip(src.quantise(real[INPUT]), 0, 255).astype(np.uint8)
    return QuantisedLayer(layer, src, {INPUT: integers, "filter": filter_, "scales": scales, "bias": bias})


def write_tandem(layer: Layer, folder: Path) -> Restore:
    """Writes all tensors in fp32; the worker makes integers of them."""
    q = quantise(layer)
    types = {name: {"scale": t.scale, "zero_point": t.zero_point} for name, t in (("src", q.src), ("dst", DST))}
    floats = {name: tensor.astype(np.float32) for name, tensor in q.tensors.items()}
    write_tensors(folder / "model.safetensors", floats, {"tandem.quantised": json.dumps(types)})
    return lambda dst: q.real(dst.reshape(layer.dst_shape))


def write_tandem_fp32(layer: Layer, folder: Path) -> Restore:
    """Clamps its outputs to the range of the 8-bit ones."""
    restore = corpus_models.write_tandem(layer, folder)
    least, greatest = (DST.scale * (q - DST.zero_point) for q in (0, 255))
    return lambda dst: np.clip(restore(dst), least, greatest)


def write_onnxruntime(layer: Layer, folder: Path) -> Restore:
    """ONNX Runtime gives QLinearConv a layout with the channels last, and transposes at the borders of the model. These
    transpositions are taken off."""
    import onnx
    from onnx import TensorProto

    q = quantise(layer)
    m = layer.dst_shape[3]
    constants = {"filter": q.tensors["filter"], "bias": q.tensors["bias"], "filter.scales": q.tensors["scales"]}
    constants["filter.zero_points"] = np.zeros(m, np.int8)
    for name, type_ in (("src", q.src), ("dst", DST)):
        constants |= {f"{name}.scale": np.float32(type_.scale), f"{name}.zero_point": np.uint8(type_.zero_point)}
    src, filter_, dst = (
        [INPUT, "src.scale", "src.zero_point"],
        ["filter", "filter.scales", "filter.zero_points"],
        ["dst.scale", "dst.zero_point"],
    )
    if layer.is_gemm:
        constants["filter"] = constants["filter"].reshape(m, -1)
        node = ("QGemm", [*src, *filter_, "bias", *dst], MICROSOFT)
    else:
        node = ("QLinearConv", [*src, *filter_, *dst, "bias"], "")
    whole = corpus_models.onnx_layer(layer, *node, constants, TensorProto.UINT8)
    integers, shape = q.tensors[INPUT], layer.dst_shape
    if layer.is_gemm:
        model, integers = whole, integers.reshape(-1, integers.shape[3])
    else:
        model = corpus_models.optimise(whole, folder)
        conv = next(node for node in model.graph.node if node.op_type == "QLinearConv")
        if conv.domain == MICROSOFT and any(a.name == "channels_last" and a.i for a in conv.attribute):
            corpus_models.keep_one(model.graph, conv, layer.src_shape, shape)
            integers = integers.transpose(0, 2, 3, 1)  # the worker makes NHWC of it as it makes NCHW of a picture
        else:
            model, shape = whole, tuple(shape[i] for i in (0, 3, 1, 2))
    onnx.save(model, folder / "model.onnx")
    write_tensors(folder / "model.safetensors", {INPUT: integers})
    channels_first = shape != layer.dst_shape
    return lambda dst: q.real(dst.reshape(shape).transpose(0, 2, 3, 1) if channels_first else dst.reshape(shape))


def write_litert(layer: Layer, folder: Path) -> Restore:
    """TFLite's tensors are s8: 128 is taken off integers and zero points."""
    from tflite_model import save
    from tflite_quantised import QuantisedBuilder, quantization

    q = quantise(layer)
    zeros = np.zeros(layer.dst_shape[3])
    of_tensor = lambda t: quantization(np.array([t.scale]), np.array([t.zero_point - 128]))  # noqa: E731
    builder = QuantisedBuilder(
        {
            INPUT: of_tensor(q.src),
            "dst": of_tensor(DST),
            "filter": quantization(q.tensors["scales"], zeros, 3 if layer.is_depthwise else 0),
            "bias": quantization(q.bias_scales, zeros),
        }
    )
    integers = (q.tensors[INPUT] ^ 128).view(np.int8)
    src, restore = corpus_models.add_tflite_layer(builder, layer, integers, q.tensors["filter"], q.tensors["bias"])
    save(builder, "dst", folder / "model.tflite")
    write_tensors(folder / "model.safetensors", {INPUT: src})
    return lambda dst: q.real(restore(dst) + 128)


WRITERS = {
    "tandem": write_tandem,
    "tandem_fp32": write_tandem_fp32,
    "onnxruntime": write_onnxruntime,
    "litert": write_litert,
}

"""A quantised network as a full-integer TFLite model: tensors of s8, weights of s8 by channel, bias of s32.

Tandem's tensors are u8. With 128 taken off its zero point the same tensor is one of s8. TFLite has no layer of 8 bits
with an output of fp32, so the logits are quantised, too. Input and output of the model are fp32, as its converter leaves
them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from networks import INPUT
from quantised import QuantisedNetwork
from tflite_model import Builder, add_step, save

PICTURE, LOGITS = "picture", "logits"


def quantization(scales: np.ndarray, zero_points: np.ndarray, axis: int = 0) -> Any:
    quantization = schema.QuantizationParametersT()
    quantization.scale = scales.astype(np.float32)
    quantization.zeroPoint = zero_points.astype(np.int64)
    quantization.quantizedDimension = axis
    return quantization


class QuantisedBuilder(Builder):
    """Knows the type of each tensor by its name."""

    def __init__(self, types: dict[str, Any]) -> None:
        super().__init__()
        self.types = types

    def tensor(self, name: str, shape: tuple[int, ...], values: np.ndarray | None = None) -> int:
        index = super().tensor(name, shape, values)
        if name in self.types:
            self.tensors[index].quantization = self.types[name]
            if values is None:
                self.tensors[index].type = schema.TensorType.INT8
        return index


def _types(network: QuantisedNetwork) -> dict[str, Any]:
    types = {
        name: quantization(np.array([q.scale]), np.array([q.zero_point - 128])) for name, q in network.types.items()
    }
    for step in network.steps:
        if step.filter_shape:
            zeros = np.zeros(step.dst_channels)
            axis = 3 if step.op == "depthwise" else 0  # 1HWC and OHWI
            types[f"{step.name}.weight"] = quantization(network.scales(step), zeros, axis)
            types[f"{step.name}.bias"] = quantization(network.bias_scales(step), zeros)
    return types


def write(network: QuantisedNetwork, folder: Path) -> None:
    builder = QuantisedBuilder(_types(network))
    shape = network.network.tensors[INPUT].shape
    picture, src = builder.tensor(PICTURE, shape), builder.tensor(INPUT, shape)
    builder.operator("QUANTIZE", [picture], src, "QuantizeOptions", schema.QuantizeOptionsT())
    for step in network.steps:
        add_step(builder, network, step)
    last = network.steps[-1]
    logits = builder.tensor(LOGITS, (1, last.dst_channels))
    options = schema.DequantizeOptionsT()
    builder.operator("DEQUANTIZE", [builder.index[last.name]], logits, "DequantizeOptions", options)
    save(builder, LOGITS, folder / "model.tflite", PICTURE)

"""The quantised network that Tandem runs, for the modules that write it for other engines.

tandem_worker quantises the fp32 network of networks.py, stage by stage, and writes types and weights into a file
(describe_quantised.hpp). Every engine gets these very integers and scales.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from networks import INPUT, Network, Step, read_tensors

MICROSOFT = "com.microsoft"  # ONNX Runtime's own operators


@dataclass(frozen=True)
class Quantization:
    """Of a tensor of u8: real = scale * (q - zero_point)."""

    scale: float  # a value of fp32
    zero_point: int

    def quantise(self, values: np.ndarray) -> np.ndarray:
        """In steps of the scale, not saturated."""
        return np.rint(values / self.scale).astype(np.int64) + self.zero_point

    def rounded(self, values: np.ndarray) -> np.ndarray:
        """The real numbers that such a tensor has instead of these."""
        return self.scale * (self.quantise(values) - self.zero_point)


@dataclass(frozen=True)
class QuantisedNetwork:
    network: Network  # in fp32
    types: dict[str, Quantization]  # of INPUT, of each step's output, and of <step>.conv before a residual is added
    tensors: dict[str, np.ndarray]  # <step>.weight of s8, <step>.scales of fp32, by output channel, <step>.bias of s32

    @property
    def steps(self) -> list[Step]:
        return self.network.steps

    def filter(self, step: Step) -> np.ndarray:
        return self.tensors[f"{step.name}.weight"].reshape(step.filter_shape)

    def scales(self, step: Step) -> np.ndarray:
        return self.tensors[f"{step.name}.scales"]

    def bias(self, step: Step) -> np.ndarray:
        return self.tensors[f"{step.name}.bias"]

    def bias_scales(self, step: Step) -> np.ndarray:
        return np.float32(self.types[step.src].scale) * self.scales(step)


def quantization_of(values: np.ndarray) -> Quantization:
    """As Tandem chooses it for a tensor that takes these values: quantization_of() in examples/network."""
    least = min(float(values.min()), 0.0)
    scale = float(np.float32((max(float(values.max()), 0.0) - least) / 255))
    return Quantization(scale, round(min(-least / scale, 255.0)))


def quantise_weights(filter_: np.ndarray, bias: np.ndarray, src: Quantization) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """s8 with a scale for each output channel, the scales, and s32.

    Weights of 7 bits: ONNX Runtime's products of 8 bits saturate on CPUs without dot products.
    """
    scales = (np.abs(filter_).reshape(len(filter_), -1).max(axis=1) / 63).astype(np.float32)
    by_channel = scales.reshape(-1, *[1] * (filter_.ndim - 1))
    integers = np.rint(bias / (np.float32(src.scale) * scales)).astype(np.int32)
    return np.rint(filter_ / by_channel).astype(np.int8), scales, integers


def conv_output(step: Step) -> str:
    """The name of what the step computes before a residual is added."""
    return f"{step.name}.conv" if step.residual else step.name


def _check_clamp(step: Step, q: Quantization) -> None:
    """The integers end where relu6 does or before, so that saturation is all of it: some formats have no other way."""
    if step.relu6 and (q.zero_point != 0 or np.rint(np.float32(6) / np.float32(q.scale)) < 255):
        raise ValueError(f"the clamp of {step.name} lies within the integers of its output")


def read_quantised(network: Network, path: Path, logits: np.ndarray) -> QuantisedNetwork:
    """Of tandem_worker's file. Tandem's last layer yields fp32; an engine that cannot do so quantises the logits."""
    tensors, metadata = read_tensors(path)
    layers = {
        name: Quantization(layer["scale"], layer["zero_point"])
        for name, layer in json.loads(metadata["tandem.quantised"]).items()
    }
    types = {INPUT: layers["quantize"]}
    for step in network.steps:
        types[conv_output(step)] = layers[step.name]
        if step.residual:
            types[step.name] = layers[f"{step.name}.add"]
        _check_clamp(step, types[conv_output(step)])
    types[network.steps[-1].name] = quantization_of(logits)
    return QuantisedNetwork(network, types, tensors)

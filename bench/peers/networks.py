"""The networks that every engine runs: Tandem's own layer tables, and weights that all engines share.

tandem_worker prints the tables of bench/shapes as JSON. Here they become a list of steps, which the builders of the
peers' files walk, and one model.safetensors a network, which Tandem reads as it reads a trained network: the
description in the metadata, all weights, and the input picture as one more tensor.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

SEED = 1
SAFETENSORS_TYPES = {"F32": np.dtype("<f4"), "I32": np.dtype("<i4"), "I8": np.dtype("i1"), "U8": np.dtype("u1")}
LABELS = {
    "mobilenet_v1": "MobileNet V1",
    "mobilenet_v2": "MobileNet V2",
    "efficientnet_lite0": "EfficientNet-Lite0",
}
INPUT = "input"


@dataclass(frozen=True)
class Step:
    """One convolution (or pooling, or fully connected layer), with the name of its output."""

    name: str
    op: str
    src: str  # the step whose output it reads, or INPUT
    residual: str | None  # the step whose output is added to its own
    src_size: int  # height and width
    dst_size: int
    src_channels: int
    dst_channels: int
    kernel: int = 1
    stride: int = 1
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)  # top, left, bottom, right
    relu6: bool = False

    @property
    def filter_shape(self) -> tuple[int, ...]:
        """[out, in per group, height, width]; empty for pooling."""
        if self.op == "global_average_pool":
            return ()
        if self.op == "fully_connected":
            return (self.dst_channels, self.src_channels)
        src_per_group = 1 if self.op == "depthwise" else self.src_channels
        return (self.dst_channels, src_per_group, self.kernel, self.kernel)


@dataclass(frozen=True)
class Network:
    name: str
    description: dict[str, Any]
    tensors: dict[str, np.ndarray]

    @property
    def multiply_adds(self) -> int:
        return self.description["multiply_adds"]

    @property
    def steps(self) -> list[Step]:
        return list(_steps(self.description))

    def filter(self, step: Step) -> np.ndarray:
        return self.tensors[f"{step.name}.weight"]

    def bias(self, step: Step) -> np.ndarray:
        return self.tensors[f"{step.name}.bias"]


def _steps(description: dict[str, Any]) -> Iterator[Step]:
    value, size = INPUT, description["input"]["shape"][1]
    for layer in description["layers"]:
        layer_src = value
        for stage in layer["stages"]:
            last = stage is layer["stages"][-1]
            padding = stage["padding"]
            step = Step(
                name=stage["filter"].removesuffix(".weight"),
                op=stage["op"],
                src=value,
                residual=layer_src if last and layer["residual"] else None,
                src_size=size,
                dst_size=-(-size // stage["stride"][0]),
                src_channels=stage["src_channels"],
                dst_channels=stage["dst_channels"],
                kernel=stage["kernel"][0],
                stride=stage["stride"][0],
                padding=(padding["top"], padding["left"], padding["bottom"], padding["right"]),
                relu6=stage["activation"] == "relu6",
            )
            yield step
            value, size = step.name, step.dst_size
        if layer["op"] == "global_average_pool":
            channels = layer["dst"][2]
            yield Step(layer["name"], layer["op"], value, None, size, 1, channels, channels)
            value, size = layer["name"], 1


def draw_weights(description: dict[str, Any]) -> dict[str, np.ndarray]:
    """Weights as if batch norms were folded in: the variance of the activations stays about one through all layers.

    He's scaling, 2 / fan-in, before a ReLU; 1 / fan-in without an activation. (Zero or exploding activations would let
    wrong results agree, or make right ones disagree.)
    """
    random = np.random.default_rng(SEED)
    tensors = {INPUT: random.standard_normal(description["input"]["shape"], dtype=np.float32)}
    for step in _steps(description):
        if not step.filter_shape:
            continue
        fan_in = np.prod(step.filter_shape[1:])
        scale = np.sqrt((2.0 if step.relu6 else 1.0) / fan_in).astype(np.float32)
        tensors[f"{step.name}.weight"] = scale * random.standard_normal(step.filter_shape, dtype=np.float32)
        tensors[f"{step.name}.bias"] = np.float32(0.1) * random.standard_normal(step.dst_channels, dtype=np.float32)
    return tensors


def load_networks(tandem_worker: Path) -> list[Network]:
    printed = subprocess.run([tandem_worker, "--networks"], check=True, capture_output=True, text=True).stdout
    return [Network(d["name"], d, draw_weights(d)) for d in json.loads(printed)]


def write_tensors(path: Path, tensors: dict[str, np.ndarray], metadata: dict[str, str] | None = None) -> None:
    """| length of the header: 8 bytes | header: JSON | tensors, back to back |, as classify/safetensors.hpp describes it."""
    header: dict[str, Any] = {"__metadata__": metadata or {}}
    names = {dtype: name for name, dtype in SAFETENSORS_TYPES.items()}
    dense = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
    end = 0
    for name, tensor in dense.items():
        begin, end = end, end + tensor.nbytes
        header[name] = {"dtype": names[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)  # the tensors are aligned
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for tensor in dense.values():
            file.write(tensor.tobytes())


def read_tensors(path: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Tensors and metadata of a file that write_tensors() or tandem_worker wrote."""
    written = path.read_bytes()
    size = int.from_bytes(written[:8], "little")
    header, data = json.loads(written[8 : 8 + size]), written[8 + size :]
    metadata = header.pop("__metadata__")
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        tensors[name] = np.frombuffer(data[begin:end], SAFETENSORS_TYPES[entry["dtype"]]).reshape(entry["shape"])
    return tensors, metadata


def write_safetensors(network: Network, folder: Path) -> None:
    metadata = {"tandem.network": json.dumps(network.description)}
    write_tensors(folder / "model.safetensors", network.tensors, metadata)

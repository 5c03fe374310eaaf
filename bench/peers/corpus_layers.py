"""The layers of the corpus, as corpus_worker prints them, with tensors that all engines share."""

from __future__ import annotations

import json
import subprocess
import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from networks import INPUT


@dataclass(frozen=True)
class Axis:
    """Rows or columns; before and after are the zeros that the windows touch."""

    input: int
    kernel: int
    stride: int
    dilation: int
    before: int
    after: int

    @property
    def extent(self) -> int:
        return (self.kernel - 1) * self.dilation + 1

    @property
    def output(self) -> int:
        return (self.input + self.before + self.after - self.extent) // self.stride + 1


@dataclass(frozen=True)
class Layer:
    description: dict[str, Any]  # an object of layers.json with the layer's name, kind and multiply-adds

    @property
    def name(self) -> str:
        return self.description["name"]

    @property
    def is_gemm(self) -> bool:
        return self.description["op"] == "gemm"

    @property
    def groups(self) -> int:
        return self.description["groups"]

    @property
    def is_depthwise(self) -> bool:
        return not self.is_gemm and self.groups == self.src_shape[3] > 1

    @property
    def axes(self) -> tuple[Axis, Axis]:
        d = self.description
        rows, columns = (
            Axis(d["input_nhwc"][1 + i], d["filter_oihw"][2 + i], d["stride"][i], d["dilation"][i], *d["pads_tlbr"][i::2])
            for i in range(2)
        )
        return rows, columns

    @property
    def src_shape(self) -> tuple[int, int, int, int]:
        """[N, H, W, C]"""
        return tuple(self.description["input_nhwc"])

    @property
    def dst_shape(self) -> tuple[int, int, int, int]:
        """[N, OH, OW, M]"""
        rows, columns = self.axes
        return self.src_shape[0], rows.output, columns.output, self.description["filter_oihw"][0]

    @cached_property
    def tensors(self) -> dict[str, np.ndarray]:
        """The input in NHWC, the filter in OIHW, the bias: random, always the same, outputs of a variance near one."""
        random = np.random.default_rng(zlib.crc32(self.name.encode()))
        shape = self.description["filter_oihw"]
        scale = np.float32(np.prod(shape[1:]) ** -0.5)
        return {
            INPUT: random.standard_normal(self.src_shape, dtype=np.float32),
            "filter": scale * random.standard_normal(shape, dtype=np.float32),
            "bias": np.float32(0.1) * random.standard_normal(shape[0], dtype=np.float32),
        }


def load_layers(corpus_worker: Path, filter_: str) -> list[Layer]:
    command = [corpus_worker, "--layers", *([f"--filter={filter_}"] if filter_ else [])]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [Layer(description) for description in json.loads(printed)]

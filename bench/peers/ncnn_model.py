"""A network as ncnn's model.param, a text of one layer a line, and model.bin, the weights in that order.

    type  name  count of inputs  count of outputs  inputs...  outputs...  number=value...

A blob has one reader, so a blob that is needed twice goes through a Split.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

from networks import INPUT, Network, Step

MAGIC = 7767517
RAW_FLOAT32 = np.uint32(0).tobytes()  # stands before each filter; biases are always float32 and have no such mark
CLIP_0_6 = "9=3 -23310=2,0.0,6.0"  # activation type, and its parameters


class _Blobs:
    """Gives each reader of a value its own name for it."""

    def __init__(self, steps: list[Step]) -> None:
        self.reads = Counter(name for step in steps for name in (step.src, step.residual) if name)
        self.taken: dict[str, int] = defaultdict(int)

    def read(self, name: str) -> str:
        if self.reads[name] == 1:
            return name
        self.taken[name] += 1
        return f"{name}.{self.taken[name]}"

    def split(self, name: str) -> list[str]:
        count = self.reads[name]
        if count < 2:
            return []
        copies = [f"{name}.{i + 1}" for i in range(count)]
        return [f"Split split.{name} 1 {count} {name} {' '.join(copies)}"]


def _lines(step: Step, blobs: _Blobs) -> list[str]:
    src = blobs.read(step.src)
    size = np.prod(step.filter_shape, dtype=int)
    if step.op == "global_average_pool":
        return [f"Pooling {step.name} 1 1 {src} {step.name} 0=1 4=1"]
    if step.op == "fully_connected":
        return [f"InnerProduct {step.name} 1 1 {src} {step.name} 0={step.dst_channels} 1=1 2={size}"]
    top, left, bottom, right = step.padding
    conv = f"{step.name}.conv" if step.residual else step.name
    kind, group = ("ConvolutionDepthWise", f" 7={step.src_channels}") if step.op == "depthwise" else ("Convolution", "")
    line = (
        f"{kind} {step.name} 1 1 {src} {conv} 0={step.dst_channels} 1={step.kernel} 3={step.stride}"
        f" 4={left} 14={top} 15={right} 16={bottom} 5=1 6={size}{group}"
    )
    if step.relu6:
        line += f" {CLIP_0_6}"
    if not step.residual:
        return [line]
    return [line, f"BinaryOp add.{step.name} 2 1 {conv} {blobs.read(step.residual)} {step.name} 0=0"]


def write(network: Network, folder: Path) -> None:
    steps = network.steps
    blobs = _Blobs(steps)
    lines = [f"Input {INPUT} 0 1 {INPUT}", *blobs.split(INPUT)]
    for step in steps:
        lines += [*_lines(step, blobs), *blobs.split(step.name)]
    blob_count = sum(int(line.split()[3]) for line in lines)
    text = "\n".join([str(MAGIC), f"{len(lines)} {blob_count}", *lines, ""])
    (folder / "model.param").write_text(text, encoding="ascii")
    with (folder / "model.bin").open("wb") as output:
        for step in steps:
            if step.filter_shape:
                output.write(RAW_FLOAT32 + network.filter(step).tobytes() + network.bias(step).tobytes())

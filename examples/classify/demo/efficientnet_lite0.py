"""The architecture of EfficientNet-Lite0: which convolutions, in which order, on which shapes.

Pure data and arithmetic, between the checkpoint (whose tensors it names) and the exporter (which folds and writes
them). Source: the reference implementation by the authors of EfficientNet (tensorflow/tpu, efficientnet/lite) and
its PyTorch port, from which the weights come.
"""

from __future__ import annotations

from dataclasses import dataclass

NAME = "efficientnet-lite0"
INPUT_SIZE = 224
INPUT_CHANNELS = 3
CLASSES = 1000
BATCH_NORM_EPSILON = 1e-3

# The preprocessing with which the trained weights were evaluated: the central square of 224 / (224 + 32) of the short
# side, resized by TensorFlow 1's bicubic (Keys' cubic with a = -0.75, sampled at dst * scale, neither half-pixel nor
# antialiased, edges clamped, result neither rounded nor clipped), then (value - mean) / std on values in 0..255.
PREPROCESS = {
    "channel_order": "rgb",
    "crop": {"kind": "center_square", "fraction_of_short_side": 0.875},
    "resize": {"interpolation": "bicubic", "cubic_a": -0.75, "half_pixel_centers": False, "antialias": False},
    "mean": [127.0, 127.0, 127.0],
    "std": [128.0, 128.0, 128.0],
}

STEM_CHANNELS = 32
HEAD_CHANNELS = 1280

# One row per group of blocks: repeats, kernel, stride of the first, expansion, src channels, dst channels.
_BLOCK_GROUPS = (
    (1, 3, 1, 1, 32, 16),
    (2, 3, 2, 6, 16, 24),
    (2, 5, 2, 6, 24, 40),
    (3, 3, 2, 6, 40, 80),
    (3, 5, 1, 6, 80, 112),
    (4, 5, 2, 6, 112, 192),
    (1, 3, 1, 6, 192, 320),
)


@dataclass(frozen=True)
class Stage:
    """One convolution of a layer, and the names of its filter and its batch norm in the checkpoint."""

    role: str
    op: str
    checkpoint_filter: str
    checkpoint_norm: str
    kernel: int
    stride: int
    src_channels: int
    dst_channels: int
    activation: str

    @property
    def filter_shape(self) -> tuple[int, int, int, int]:
        """[out, in per group, height, width]; a depthwise filter sees one channel a group."""
        src_per_group = 1 if self.op == "depthwise" else self.src_channels
        return (self.dst_channels, src_per_group, self.kernel, self.kernel)


@dataclass(frozen=True)
class Layer:
    """Stages that run as one operator of the library."""

    name: str
    op: str
    stages: tuple[Stage, ...]
    residual: bool = False


def same_padding(src_size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Zeros before and after, as TensorFlow's SAME lays them: an odd one goes after, so stride 2 is lopsided."""
    dst_size = -(-src_size // stride)
    total = max((dst_size - 1) * stride + kernel - src_size, 0)
    return total // 2, total - total // 2


def _block(index: int, kernel: int, stride: int, expansion: int, src: int, dst: int) -> Layer:
    prefix = f"_blocks.{index}"
    wide = src * expansion
    depthwise = Stage(
        "depthwise", "depthwise", f"{prefix}._depthwise_conv", f"{prefix}._bn1", kernel, stride, wide, wide, "relu6"
    )
    # The last convolution of a block is linear; the residual is added to its output.
    narrow = ("pointwise", f"{prefix}._project_conv", f"{prefix}._bn2", 1, 1, wide, dst, "none")
    if expansion == 1:
        return Layer(f"blocks.{index}", "separable", (depthwise, Stage("pointwise", *narrow)))
    expand = Stage("expand", "pointwise", f"{prefix}._expand_conv", f"{prefix}._bn0", 1, 1, src, wide, "relu6")
    stages = (expand, depthwise, Stage("project", *narrow))
    return Layer(f"blocks.{index}", "inverted_residual", stages, residual=stride == 1 and src == dst)


def convolution_layers() -> list[Layer]:
    """Stem, blocks and head in order; global average pool and classifier follow, and have no batch norm."""
    stem = Stage("conv2d", "conv2d", "_conv_stem", "_bn0", 3, 2, INPUT_CHANNELS, STEM_CHANNELS, "relu6")
    layers = [Layer("stem", "conv2d", (stem,))]
    for repeats, kernel, first_stride, expansion, src, dst in _BLOCK_GROUPS:
        for repeat in range(repeats):
            first = repeat == 0
            index = len(layers) - 1
            layers.append(_block(index, kernel, first_stride if first else 1, expansion, src if first else dst, dst))
    head_src = _BLOCK_GROUPS[-1][-1]
    head = Stage("pointwise", "pointwise", "_conv_head", "_bn1", 1, 1, head_src, HEAD_CHANNELS, "relu6")
    return [*layers, Layer("head", "pointwise", (head,))]


def checkpoint_shapes() -> dict[str, tuple[int, ...]]:
    """Name and shape of every tensor a checkpoint of this network holds, no more and no fewer."""
    shapes: dict[str, tuple[int, ...]] = {}
    for layer in convolution_layers():
        for stage in layer.stages:
            shapes[f"{stage.checkpoint_filter}.weight"] = stage.filter_shape
            for statistic in ("weight", "bias", "running_mean", "running_var"):
                shapes[f"{stage.checkpoint_norm}.{statistic}"] = (stage.dst_channels,)
            shapes[f"{stage.checkpoint_norm}.num_batches_tracked"] = ()
    shapes["_fc.weight"] = (CLASSES, HEAD_CHANNELS)
    shapes["_fc.bias"] = (CLASSES,)
    return shapes

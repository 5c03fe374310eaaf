"""What the model is fed: sizes for the dimensions that it leaves open, and a picture, or noise where it wants none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tandem.compare import CompareError
from tandem.compare.arguments import Shapes

Feeds = dict[str, np.ndarray]

# Heights and widths for image inputs that leave both open: a detector's, a line of text, a classifier's.
_SIZES = ((640, 640), (48, 320), (224, 224))
_LENGTH = 128  # any other open dimension, but for the first one: the batch
_SEED = 20


@dataclass(frozen=True)
class Input:
    name: str
    dtype: np.dtype
    dims: tuple[int | None, ...]
    """None: left open by the model"""

    def image_axes(self) -> tuple[int, int, int] | None:
        """Channels, height and width of a picture's input, NCHW or NHWC; None for any other input."""
        if len(self.dims) != 4:
            return None
        # Three channels are likelier than one or four, which may be a height or width as well.
        for likely in ((3,), (1, 4)):
            if self.dims[1] in likely:
                return 1, 2, 3
            if self.dims[3] in likely:
                return 3, 1, 2
        return 1, 2, 3

    def __str__(self) -> str:
        return f"{self.name} ({'x'.join('?' if dim is None else str(dim) for dim in self.dims)})"


def _fill(source: Input, size: tuple[int, int]) -> tuple[int, ...]:
    dims = list(source.dims)
    axes = source.image_axes()
    if axes is not None:
        for axis, extent in zip(axes, (3, *size)):
            dims[axis] = extent if dims[axis] is None else dims[axis]
    if dims and dims[0] is None:
        dims[0] = 1
    return tuple(_LENGTH if dim is None else dim for dim in dims)


def _named_shapes(inputs: list[Input], given: Shapes) -> Shapes:
    """With the name of the first input where the user gave none; checked against the model."""
    named = {name or inputs[0].name: dims for name, dims in given.items()}
    known = {source.name: source for source in inputs}
    for name, dims in named.items():
        if name not in known:
            names = ", ".join(f'"{source.name}"' for source in inputs)
            raise CompareError(f'--shape names the input "{name}"; the model has {names}')
        fixed = known[name].dims
        if len(fixed) != len(dims) or any(f not in (None, d) for f, d in zip(fixed, dims)):
            raise CompareError(f"--shape gives {'x'.join(map(str, dims))}, but the model's input is {known[name]}")
    return named


def possible_shapes(inputs: list[Input], given: Shapes) -> Iterator[Shapes]:
    """Shapes for all inputs, the likeliest first; only one if the model and the user leave nothing open."""
    named = _named_shapes(inputs, given)
    seen: list[Shapes] = []
    for size in _SIZES:
        shapes = {source.name: named.get(source.name) or _fill(source, size) for source in inputs}
        if shapes not in seen:
            seen.append(shapes)
            yield shapes


def _picture(path: Path, source: Input, shape: tuple[int, ...]) -> np.ndarray:
    try:
        from PIL import Image
    except ImportError as error:
        raise CompareError("--image needs the package pillow: pip install 'tandem-kernels[compare]'") from error
    axes = source.image_axes()
    assert axes is not None
    channels, height, width = (shape[axis] for axis in axes)
    mode = {1: "L", 3: "RGB", 4: "RGBA"}.get(channels)
    if mode is None:
        raise CompareError(f"--image cannot fill the input {source}, which has {channels} channels")
    try:
        with Image.open(path) as file:
            pixels = np.asarray(file.convert(mode).resize((width, height)))
    except OSError as error:
        raise CompareError(f"--image: {error}") from error
    pixels = pixels.reshape(height, width, channels)
    if source.dtype != np.uint8:
        pixels = (pixels / 127.5 - 1).astype(source.dtype)
    if axes[0] == 1:
        pixels = pixels.transpose(2, 0, 1)
    return np.ascontiguousarray(np.broadcast_to(pixels, shape))


def _drawing(height: int, width: int, channels: int) -> np.ndarray:
    """[H, W, C] from -1 to 1: rows of dark marks like letters on light paper, and coloured boxes below.

    On noise a detector finds nothing. Its outputs are all near 0 then, and the rounding errors of both engines look
    large.
    """
    random = np.random.default_rng(_SEED)
    pixels = random.normal(0.9, 0.02, (height, width, channels))
    scale = max(1, min(4, height // 16))  # of a letter's 7 x 5 dots
    for top in range(scale, max(scale + 1, height * 2 // 3 - 7 * scale), 12 * scale):
        dots = random.random((7, max(1, width // scale - 2))) < 0.5
        dots[:, ::6] = False  # between letters
        dots[:, 5::30] = False  # between words
        ink = np.kron(dots, np.ones((scale, scale), bool))[: height - top, : width - scale]
        pixels[top : top + ink.shape[0], scale : scale + ink.shape[1]][ink] = -0.8
    for left in range(0, width, max(1, width // 5)):
        box = pixels[height * 3 // 4 :, left : left + max(1, width // 7)]
        box[:] = random.uniform(-1, 1, channels)
    return np.clip(pixels, -1, 1)


def _made_up(source: Input, shape: tuple[int, ...]) -> np.ndarray:
    axes = source.image_axes()
    if axes is not None:
        channels, height, width = (shape[axis] for axis in axes)
        pixels = _drawing(height, width, channels)
        if source.dtype == np.uint8:
            pixels = np.round((pixels + 1) * 127.5)
        elif source.dtype == np.int8:
            pixels = np.round(pixels * 127.5 - 0.5)
        if axes[0] == 1:
            pixels = pixels.transpose(2, 0, 1)
        return np.ascontiguousarray(np.broadcast_to(pixels, shape).astype(source.dtype))
    random = np.random.default_rng(_SEED)
    if source.dtype.kind == "f":
        return random.uniform(-1, 1, shape).astype(source.dtype)
    if source.dtype in (np.uint8, np.int8):
        limits = np.iinfo(source.dtype)
        return random.integers(limits.min, limits.max, shape, source.dtype, endpoint=True)
    return np.ones(shape, source.dtype)  # sizes, masks, indices: 1 is valid nearly everywhere


def make_feeds(inputs: list[Input], shapes: Shapes, image: Path | None) -> Feeds:
    """Values for every input: the user's picture for the first image input, a drawing or noise for the rest."""
    pictured = next((source.name for source in inputs if source.image_axes() is not None), None)
    if image is not None and pictured is None:
        raise CompareError(f"--image: the model has no image input, only {', '.join(map(str, inputs))}")
    return {
        source.name: _picture(image, source, shapes[source.name])
        if image is not None and source.name == pictured
        else _made_up(source, shapes[source.name])
        for source in inputs
    }

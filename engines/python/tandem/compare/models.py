"""A model in its engine, alone or with Tandem: what tandem-compare needs of both engines."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tandem.compare import CompareError
from tandem.compare.inputs import Feeds, Input


@dataclass(frozen=True)
class Span:
    """A stretch of one run: a node of the engine, or a group of Tandem's. Seconds since the run began."""

    label: str
    start: float
    seconds: float
    tandem: bool


class Runner(ABC):
    """A model that is loaded, and fed with values."""

    @abstractmethod
    def run(self) -> None:
        """Computes the outputs: this is timed."""

    @abstractmethod
    def outputs(self) -> list[np.ndarray]:
        """Those of the last run."""


@dataclass(frozen=True)
class Loading:
    """How a model is loaded."""

    threads: int
    tandem: bool
    least_gain: float | None = None
    explain: Path | None = None


class Model(ABC):
    """A model file. Errors of the engine come back as CompareError."""

    def __init__(self, path: Path) -> None:
        self.path = path

    engine: str
    """its name and version"""

    @abstractmethod
    def inputs(self) -> list[Input]: ...

    @abstractmethod
    def output_names(self) -> list[str]: ...

    @abstractmethod
    def load(self, loading: Loading, feeds: Feeds) -> Runner:
        """The model, fed. Raises CompareError if Tandem was asked for and cannot be used."""

    @abstractmethod
    def timeline(self, loading: Loading, feeds: Feeds, folder: Path) -> list[Span]:
        """What one run consists of; `folder` takes the engine's files. Empty if the engine does not tell."""


@contextmanager
def tandem_or_error() -> Iterator[None]:
    """The package goes on without Tandem and warns; a comparison without Tandem is none."""
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="Tandem is not used", category=RuntimeWarning)
        try:
            yield
        except RuntimeWarning as reason:
            raise CompareError(str(reason)) from reason


def open_model(path: Path) -> Model:
    """By the file's ending. Raises CompareError for another one, a missing file and a missing engine."""
    if not path.is_file():
        raise CompareError(f"there is no file {path}")
    try:
        if path.suffix == ".onnx":
            from tandem.compare.onnx_model import OnnxModel

            return OnnxModel(path)
        if path.suffix == ".tflite":
            from tandem.compare.tflite_model import TfliteModel

            return TfliteModel(path)
    except ImportError as error:
        raise CompareError(str(error)) from error
    raise CompareError(f"{path.name} should end in .onnx or .tflite")

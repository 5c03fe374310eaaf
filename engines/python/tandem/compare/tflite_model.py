"""A model in LiteRT or TFLite."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

import tandem.explain
import tandem.tflite
from tandem.compare import CompareError
from tandem.compare.inputs import Feeds, Input
from tandem.compare.models import Loading, Model, Runner, Span, tandem_or_error

_PROFILED_RUNS = 10
_NAMES = {"ai_edge_litert": ("LiteRT", "ai-edge-litert"), "tflite_runtime": ("TFLite", "tflite-runtime")}


class _TfliteRunner(Runner):
    def __init__(self, interpreter: Any) -> None:
        self._interpreter = interpreter

    def run(self) -> None:
        self._interpreter.invoke()

    def outputs(self) -> list[np.ndarray]:
        return [self._interpreter.get_tensor(output["index"]) for output in self._interpreter.get_output_details()]


class TfliteModel(Model):
    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._module = tandem.tflite._engine()
        package = self._module.__name__.split(".")[0]
        label, distribution = _NAMES.get(package, ("TensorFlow Lite", "tensorflow"))
        self.engine = f"{label} {metadata.version(distribution)}"
        self._described = self._interpreter(Loading(threads=1, tandem=False))

    def _interpreter(self, loading: Loading, profile: bool = False) -> Any:
        try:
            if not loading.tandem:
                return self._module.Interpreter(str(self.path), num_threads=loading.threads)
            with tandem_or_error():
                return tandem.tflite.interpreter(
                    self.path,
                    threads=loading.threads,
                    least_gain=loading.least_gain,
                    explain=loading.explain,
                    profile=profile,
                )
        except (ValueError, RuntimeError) as error:
            raise CompareError(f"{self.engine} cannot load {self.path}: {error}") from error

    def inputs(self) -> list[Input]:
        found = []
        for source in self._described.get_input_details():
            signature = source.get("shape_signature", source["shape"])
            dims = tuple(int(dim) if dim > 0 else None for dim in signature)
            found.append(Input(source["name"], np.dtype(source["dtype"]), dims))
        return found

    def output_names(self) -> list[str]:
        return [output["name"] for output in self._described.get_output_details()]

    def load(self, loading: Loading, feeds: Feeds) -> Runner:
        return _TfliteRunner(self._fed(self._interpreter(loading), feeds))

    def _fed(self, interpreter: Any, feeds: Feeds) -> Any:
        """Ready to run, and run once."""
        details = interpreter.get_input_details()
        try:
            for source in details:
                if tuple(source["shape"]) != feeds[source["name"]].shape:
                    interpreter.resize_tensor_input(source["index"], feeds[source["name"]].shape)
            interpreter.allocate_tensors()
            for source in details:
                interpreter.set_tensor(source["index"], feeds[source["name"]])
            interpreter.invoke()
        except (ValueError, RuntimeError) as error:
            raise CompareError(f"{self.engine} cannot run {self.path.name}: {error}") from error
        return interpreter

    def timeline(self, loading: Loading, feeds: Feeds, folder: Path) -> list[Span]:
        """Tandem's groups alone, one after the other: the engine does not tell the times of its nodes."""
        if not loading.tandem:
            return []
        file = folder / "profile.json"
        loading = Loading(loading.threads, True, loading.least_gain, file)
        interpreter = self._fed(self._interpreter(loading, profile=True), feeds)
        for _ in range(_PROFILED_RUNS):
            interpreter.invoke()
        del interpreter  # writes the file
        spans, start = [], 0.0
        for group in tandem.explain.read(file).groups:
            if group.measured_seconds is not None:
                spans.append(Span("Tandem", start, group.measured_seconds, True))
                start += group.measured_seconds
        return spans

"""A model in ONNX Runtime."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np

import tandem.onnxruntime
from tandem.compare import CompareError
from tandem.compare.inputs import Feeds, Input
from tandem.compare.models import Loading, Model, Runner, Span, tandem_or_error

_TYPES = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(int8)": np.int8,
    "tensor(uint8)": np.uint8,
    "tensor(bool)": np.bool_,
}
_FATAL_ONLY = 4  # errors come back as exceptions
_PROFILED_RUNS = 10


def _sentence(error: Exception) -> str:
    """ONNX Runtime's message without the codes in front of it."""
    return re.sub(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ", "", str(error).strip()).splitlines()[0]


class _OnnxRunner(Runner):
    def __init__(self, session: Any, feeds: Feeds) -> None:
        self._session, self._feeds = session, feeds
        self._outputs: list[np.ndarray] = []

    def run(self) -> None:
        self._outputs = self._session.run(None, self._feeds)

    def outputs(self) -> list[np.ndarray]:
        return [np.asarray(output) for output in self._outputs]


class OnnxModel(Model):
    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._onnxruntime = tandem.onnxruntime._engine()
        self.engine = f"ONNX Runtime {self._onnxruntime.__version__}"
        self._described = self._session(self._options(Loading(threads=1, tandem=False)))

    def _options(self, loading: Loading) -> Any:
        options = self._onnxruntime.SessionOptions()
        options.log_severity_level = _FATAL_ONLY
        options.intra_op_num_threads = loading.threads
        if loading.tandem:
            with tandem_or_error():
                tandem.onnxruntime.session_options(options, least_gain=loading.least_gain, explain=loading.explain)
        return options

    def _session(self, options: Any) -> Any:
        try:
            return self._onnxruntime.InferenceSession(str(self.path), options)
        except Exception as error:  # of onnxruntime's own kinds
            raise CompareError(f"{self.engine} cannot load {self.path}: {_sentence(error)}") from error

    def inputs(self) -> list[Input]:
        found = []
        for source in self._described.get_inputs():
            if source.type not in _TYPES:
                raise CompareError(f'the input "{source.name}" is a {source.type}, which cannot be made up')
            dims = tuple(dim if isinstance(dim, int) and dim > 0 else None for dim in source.shape)
            found.append(Input(source.name, np.dtype(_TYPES[source.type]), dims))
        return found

    def output_names(self) -> list[str]:
        return [output.name for output in self._described.get_outputs()]

    def load(self, loading: Loading, feeds: Feeds) -> Runner:
        return self._run_once(_OnnxRunner(self._session(self._options(loading)), feeds))

    def _run_once(self, runner: Runner) -> Runner:
        try:
            runner.run()
        except Exception as error:  # of onnxruntime's own kinds
            raise CompareError(f"{self.engine} cannot run {self.path.name}: {_sentence(error)}") from error
        return runner

    def timeline(self, loading: Loading, feeds: Feeds, folder: Path) -> list[Span]:
        options = self._options(loading)
        options.enable_profiling = True
        options.profile_file_prefix = str(folder / "profile")
        session = self._session(options)
        for _ in range(_PROFILED_RUNS):
            session.run(None, feeds)
        return _fastest_run(json.loads(Path(session.end_profiling()).read_text(encoding="utf-8", errors="replace")))


def _fastest_run(events: list[dict[str, Any]]) -> list[Span]:
    """The nodes of the fastest run of a profile, whose times are microseconds."""
    runs = [event for event in events if event.get("name") == "model_run"]
    if not runs:
        return []
    run = min(runs, key=lambda event: event["dur"])
    spans = []
    for event in events:
        inside = run["ts"] <= event.get("ts", -1) <= run["ts"] + run["dur"]
        if inside and event.get("cat") == "Node" and event["name"].endswith("_kernel_time"):
            provider = event["args"].get("provider", "")
            is_tandem = provider == tandem.onnxruntime.PROVIDER
            label = "Tandem" if is_tandem else event["args"].get("op_name", "?")
            spans.append(Span(label, (event["ts"] - run["ts"]) / 1e6, event["dur"] / 1e6, is_tandem))
    return sorted(spans, key=lambda span: span.start)

"""The engines that are compared, and the process that each of them runs in.

Every engine and number of threads has a process of its own: no engine shares a thread pool, an allocator or an OpenMP
runtime with another, and a crash ends no other engine.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import select
import signal
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from networks import Network

HERE = Path(__file__).parent
ANSWER_TIMEOUT_SECONDS = 120
PR_SET_PDEATHSIG = 1


class EngineError(Exception):
    """An engine cannot be used; the message is one sentence for the user."""


@dataclass(frozen=True)
class Engine:
    name: str
    label: str
    packages: tuple[str, ...] = ()  # what Python must be able to import
    builder: str = ""  # the module whose write(network, folder) makes its model file; empty: model.safetensors will do
    program: Path | None = None  # the worker, unless it is workers/<name>_worker.py
    library: str = ""  # what the program is built with, beside Tandem

    def check_installed(self) -> None:
        for package in self.packages:
            if find_spec(package) is None:
                raise EngineError(f"the Python package {package} is not installed")
        if self.program is not None and not self.program.is_file():
            needed = f"; it needs {self.library}" if self.library else ""
            raise EngineError(f"its worker {self.program.name} has not been built{needed}")

    def write_model(self, network: Network, folder: Path) -> None:
        if self.builder:
            importlib.import_module(self.builder).write(network, folder)

    def start(self, log: Path) -> Worker:
        if self.program is not None:
            return Worker([self.program], log)
        return Worker([sys.executable, HERE / "workers" / f"{self.name}_worker.py"], log)


def all_engines(programs: Path) -> list[Engine]:
    """In the order of the tables; Tandem comes first, since the others are compared with it."""
    return [
        Engine("tandem", "Tandem", program=programs / "tandem_worker"),
        Engine("onnxruntime", "ONNX Runtime", ("onnx", "onnxruntime"), "onnx_model"),
        Engine("openvino", "OpenVINO", ("onnx", "openvino"), "onnx_model"),
        Engine("litert", "LiteRT (XNNPACK)", ("flatbuffers", "ai_edge_litert"), "tflite_model"),
        Engine("ncnn", "ncnn", ("ncnn",), "ncnn_model"),
        Engine("onednn", "oneDNN", program=programs / "onednn_worker", library="the package onednn-cpu-gomp and g++"),
    ]


def _die_with_parent() -> None:
    # A stopped process notices neither a closed pipe nor SIGTERM: without this it would outlive a killed driver.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Worker:
    """A worker process, stopped except while it answers.

    Thread pools spin for a while after a run in the hope of the next one. That is a good setting, so the engines keep
    it. But one engine must not spin while another is measured, so a signal stops an idle worker with all its threads.
    """

    def __init__(self, command: list[Any], log: Path) -> None:
        self._log = log
        with log.open("w") as complaints:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
                text=True,
                preexec_fn=_die_with_parent,
            )

    def ask(self, command: str, **arguments: Any) -> dict[str, Any]:
        """One request and its answer. Raises EngineError for an error, a crash or no answer in time."""
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        try:
            process.send_signal(signal.SIGCONT)
            process.stdin.write(json.dumps({"command": command, **arguments}) + "\n")
            process.stdin.flush()
            if not select.select([process.stdout], [], [], ANSWER_TIMEOUT_SECONDS)[0]:
                raise EngineError(f"it gave no answer to {command} in {ANSWER_TIMEOUT_SECONDS} s")
            answer = json.loads(process.stdout.readline())
        except (BrokenPipeError, json.JSONDecodeError):
            raise EngineError(f"its worker ended; {self._last_words()}") from None
        process.send_signal(signal.SIGSTOP)
        if "error" in answer:
            raise EngineError(answer["error"])
        return answer

    def end(self) -> None:
        self._process.kill()
        self._process.wait()

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").strip().splitlines()
        return f"its last words: {lines[-1]}" if lines else "it said nothing"

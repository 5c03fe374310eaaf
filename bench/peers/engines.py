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
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from cpu import adds_pairs_in_16_bits
from networks import INPUT, Network, write_tensors
from quantised import QuantisedNetwork

HERE = Path(__file__).parent
ANSWER_TIMEOUT_SECONDS = 120
PR_SET_PDEATHSIG = 1
ONEDNN = "the package onednn-cpu-gomp and g++"


class EngineError(Exception):
    """An engine cannot be used; the message is one sentence for the user."""


@dataclass(frozen=True)
class Engine:
    name: str
    label: str
    packages: tuple[str, ...] = ()  # what Python must be able to import
    writer: str = ""  # module.function that makes its model file; empty: model.safetensors will do
    program: Path | None = None  # the worker, unless it is workers/<family>_worker.py
    library: str = ""  # what the program is built with, beside Tandem
    type: str = "fp32"  # or "int8": what it computes with
    family: str = ""  # its name on the command line, if an engine takes part more than once
    rounds_logits: bool = False  # to the 8 bits of quantised.py, because its last layer cannot yield fp32
    refusal: str = ""  # why it takes no part
    settings: dict[str, bool] = field(default_factory=dict)  # of its worker, if that is in Python

    @property
    def option(self) -> str:
        return self.family or self.name

    def check_installed(self) -> None:
        if self.refusal:
            raise EngineError(self.refusal)
        for package in self.packages:
            if find_spec(package) is None:
                raise EngineError(f"the Python package {package} is not installed")
        if self.program is not None and not self.program.is_file():
            needed = f"; it needs {self.library}" if self.library else ""
            raise EngineError(f"its worker {self.program.name} has not been built{needed}")

    def write_model(self, network: Network | QuantisedNetwork, folder: Path) -> Path:
        """The folder that the worker loads. Of quantised models there are several, so each has a folder of its own."""
        if not self.writer:
            return folder
        if isinstance(network, QuantisedNetwork):
            folder = folder / self.name
            folder.mkdir(exist_ok=True)
            write_tensors(folder / "model.safetensors", {INPUT: network.network.tensors[INPUT]})
        module, function = self.writer.split(".")
        getattr(importlib.import_module(module), function)(network, folder)
        return folder

    def start(self, log: Path) -> Worker:
        if self.program is not None:
            return Worker([self.program], log)
        return Worker([sys.executable, HERE / "workers" / f"{self.option}_worker.py"], log)


def all_engines(programs: Path) -> list[Engine]:
    """In the order of the tables; Tandem comes first, since the others are compared with it."""
    return [
        Engine("tandem", "Tandem", program=programs / "tandem_worker"),
        Engine("onnxruntime", "ONNX Runtime", ("onnx", "onnxruntime"), "onnx_model.write"),
        Engine("openvino", "OpenVINO", ("onnx", "openvino"), "onnx_model.write"),
        Engine("litert", "LiteRT (XNNPACK)", ("flatbuffers", "ai_edge_litert"), "tflite_model.write"),
        Engine("ncnn", "ncnn", ("ncnn",), "ncnn_model.write"),
        Engine("onednn", "oneDNN", program=programs / "onednn_worker", library=ONEDNN),
    ]


def int8_engines(programs: Path) -> list[Engine]:
    """Those of quantised networks: first Tandem, which describes the network to the others, then its fp32."""
    exact_sums = adds_pairs_in_16_bits()  # on other CPUs the option only costs time
    return [
        Engine("tandem", "Tandem", program=programs / "tandem_worker", type="int8"),
        Engine("tandem_fp32", "Tandem in fp32", program=programs / "tandem_worker", family="tandem"),
        *(
            Engine(
                f"onnxruntime_{form.lower()}",
                f"ONNX Runtime {form}",
                ("onnx", "onnxruntime"),
                f"onnx_quantised.write_{form.lower()}",
                type="int8",
                family="onnxruntime",
                settings={"exact_sums": exact_sums},
            )
            for form in ("QDQ", "QOperator")
        ),
        Engine(
            "onnxruntime_default",
            "ONNX Runtime, default",
            ("onnx", "onnxruntime"),
            "onnx_quantised.write_qdq",
            type="int8",
            family="onnxruntime",
            refusal="" if exact_sums else "on this CPU its sums are exact by default",
        ),
        Engine("openvino", "OpenVINO", ("onnx", "openvino"), "onnx_quantised.write_qdq", type="int8"),
        Engine(
            "litert",
            "LiteRT (XNNPACK)",
            ("flatbuffers", "ai_edge_litert"),
            "tflite_quantised.write",
            type="int8",
            rounds_logits=True,
        ),
        Engine("onednn", "oneDNN", program=programs / "onednn_worker", library=ONEDNN, type="int8"),
        Engine("ncnn", "ncnn", refusal="its tensors of 8 bits have no zero point, so it cannot compute this network"),
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

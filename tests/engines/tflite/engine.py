"""The interpreter under test, and runs of a model with and without Tandem.

TANDEM_TFLITE_LIBRARY names the delegate; TANDEM_TFLITE_ENGINE the engine, "ai_edge_litert" or "tflite_runtime".
"""

from __future__ import annotations

import importlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

LIBRARY = os.environ["TANDEM_TFLITE_LIBRARY"]
_engine = importlib.import_module(os.environ.get("TANDEM_TFLITE_ENGINE", "ai_edge_litert") + ".interpreter")
Interpreter, load_delegate = _engine.Interpreter, _engine.load_delegate
REFERENCE = _engine.OpResolverType.BUILTIN_REF

TOLERANCE = 1e-4  # of the greatest output


def interpreter(model: Path, threads: int | None = 1, options: dict[str, Any] | None = None, **arguments: Any) -> Any:
    """Without options: the engine alone."""
    delegates = [] if options is None else [load_delegate(LIBRARY, options)]
    made = Interpreter(str(model), num_threads=threads, experimental_delegates=delegates, **arguments)
    made.allocate_tensors()
    return made


def draw_inputs(made: Any, seed: int = 3) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    return [random.uniform(-1, 1, detail["shape"]).astype(detail["dtype"]) for detail in made.get_input_details()]


def run(made: Any, inputs: list[np.ndarray]) -> list[np.ndarray]:
    for detail, values in zip(made.get_input_details(), inputs):
        made.set_tensor(detail["index"], values)
    made.invoke()
    return [made.get_tensor(detail["index"]) for detail in made.get_output_details()]


def explained(model: Path, num_threads: int | None = 1, **options: Any) -> tuple[Any, dict[str, Any]]:
    """An interpreter with Tandem, and what Tandem says of its nodes."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "explain.json"
        made = interpreter(model, num_threads, {"explain": str(file), **options})
        return made, json.loads(file.read_text())


def difference(expected: list[np.ndarray], actual: list[np.ndarray]) -> float:
    """The largest difference, as a share of the greatest expected output of the same tensor."""
    worst = 0.0
    for e, a in zip(expected, actual, strict=True):
        if e.shape != a.shape:
            raise AssertionError(f"shape {a.shape} instead of {e.shape}")
        if e.size:
            worst = max(worst, float(np.max(np.abs(a - e), initial=0) / max(1e-30, float(np.max(np.abs(e))))))
    return worst

"""The worker's end of the protocol, for engines that are driven from Python: serve.hpp is the same in C++.

One JSON object a line on standard input is a request, one on standard output its answer:

    {"command": "load", "folder": ..., "threads": n}     -> {"version": ...}    the model of that folder, ready to run
    {"command": "run", "untimed": n, "count": n}         -> {"seconds": [...]}  of each run after the untimed ones
    {"command": "output"}                                -> {"output": [...]}   the logits of the last run

and {"error": "a sentence"} on any error.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from safetensors.numpy import load_file


class Engine(Protocol):
    """A model that is ready to run; made from its folder, the input picture [1, H, W, 3] and a number of threads."""

    version: str

    def run(self) -> None: ...
    def output(self) -> np.ndarray: ...


def _time_runs(engine: Engine, untimed: int, count: int) -> list[float]:
    for _ in range(untimed):
        engine.run()
    seconds = []
    for _ in range(count):
        begin = time.perf_counter()
        engine.run()
        seconds.append(time.perf_counter() - begin)
    return seconds


def serve(create: type) -> None:
    """Answers the requests of standard input until it ends."""
    # Engines print, too: their output goes to standard error and leaves the pipe to the protocol.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    engine: Engine | None = None
    for line in sys.stdin:
        request: dict[str, Any] = json.loads(line)
        try:
            if request["command"] == "load":
                folder = Path(request["folder"])
                engine = create(folder, load_file(folder / "model.safetensors")["input"], request["threads"])
                gc.disable()  # a collection would fall on some run
                answer: dict[str, Any] = {"version": engine.version}
            elif engine is None:
                answer = {"error": "no model is loaded"}
            elif request["command"] == "run":
                answer = {"seconds": _time_runs(engine, request["untimed"], request["count"])}
            else:
                answer = {"output": [float(x) for x in np.ravel(engine.output())]}
        except Exception as error:  # noqa: BLE001 - an engine may raise anything, and the driver wants the sentence
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers)

"""The worker's end of the protocol, for engines that are driven from Python: serve.hpp is the same in C++.

One JSON object a line on standard input is a request, one on standard output its answer:

    {"command": "load", "folder": ..., "threads": n}     -> {"version": ...}    the model of that folder, ready to run
    {..., "settings": {name: value}}                     -> {"version": ...}    with these settings of the engine
    {..., "call": folder}                                -> {"version": ...}    beside it, a model that computes nothing
    {"command": "run", "untimed": n, "count": n}         -> {"seconds": [...]}  of each run after the untimed ones
    {..., "runs": n}                                     -> {"seconds": [...]}  of one run, the mean of n in each lap;
                                                            with "call_seconds", the same of the other model, if any
    {"command": "output"}                                -> {"output": [...]}   the values of the last run
    {"command": "output", "file": ...}                   -> {"elements": n}     the same as raw fp32 in a file

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
    """A model that is ready to run; made from its folder, the input picture [1, H, W, 3], a number of threads and its settings."""

    version: str

    def run(self) -> None: ...
    def output(self) -> np.ndarray: ...


def _time_runs(engine: Engine, untimed: int, count: int, runs: int) -> list[float]:
    run = engine.run
    for _ in range(untimed):
        run()
    seconds = []
    for _ in range(count):
        begin = time.perf_counter()
        for _ in range(runs):
            run()
        seconds.append((time.perf_counter() - begin) / runs)
    return seconds


def _output(engine: Engine, file: str | None) -> dict[str, Any]:
    values = np.ravel(engine.output())
    if file is None:
        return {"output": [float(x) for x in values]}
    values.astype(np.float32).tofile(file)
    return {"elements": values.size}


def _create(create: type, folder: str, request: dict[str, Any]) -> Engine:
    picture = load_file(Path(folder) / "model.safetensors")["input"]
    return create(Path(folder), picture, request["threads"], **request.get("settings", {}))


def serve(create: type) -> None:
    """Answers the requests of standard input until it ends."""
    # Engines print, too: their output goes to standard error and leaves the pipe to the protocol.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    engine: Engine | None = None
    call: Engine | None = None
    for line in sys.stdin:
        request: dict[str, Any] = json.loads(line)
        try:
            if request["command"] == "load":
                engine = _create(create, request["folder"], request)
                call = _create(create, request["call"], request) if "call" in request else None
                gc.collect()
                gc.disable()  # a collection would fall on some run
                answer: dict[str, Any] = {"version": engine.version}
            elif engine is None:
                answer = {"error": "no model is loaded"}
            elif request["command"] == "run":
                seconds = _time_runs(engine, request["untimed"], request["count"], request.get("runs", 1))
                answer = {"seconds": seconds}
                if call is not None:
                    answer["call_seconds"] = _time_runs(call, 50, 20, 20)
            else:
                answer = _output(engine, request.get("file"))
        except Exception as error:  # noqa: BLE001 - an engine may raise anything, and the driver wants the sentence
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers)

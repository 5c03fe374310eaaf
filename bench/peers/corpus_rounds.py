"""Measures one layer of the corpus: the engines take turns, hot, as rounds.py does it with whole networks."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import corpus_models
import corpus_quantised
from corpus_layers import Layer
from corpus_models import Restore, write_call
from engines import Engine, EngineError, Worker
from report import FP32

WRITERS = {"fp32": corpus_models.WRITERS, "int8": corpus_quantised.WRITERS}

LAP_SECONDS = 200e-6  # at least, so that the readings of the clock do not count
TURN_SECONDS = 12e-3  # of an engine in a round; at least three laps
WARM_UP_SECONDS = 1e-3  # before the laps, and at least two runs: the engine before left other data in the caches

LEAST_SHARE = 0.1  # of a run that remains without its call: the difference of two times that are nearly equal is noise

# As a share of the greatest output. A layer sums at most some thousand products of variance below one; the roundings of
# fp32 give some 1e-6 in any order. Winograd and blocked sums stay below it as well; half precision does not.
TOLERANCE = 1e-5

# Of 8 bits: sums are exact, and engines round outputs by formulas of their own, so they may be a step apart. Tandem's fp32
# differs by what quantising changes: steps of the input and of the weights, of one part in 63 of the greatest. That is far less
# than 0.4 of outputs with a variance near one.
STEPS, QUANTISING = 1.01, 0.4


@dataclass
class Lane:
    """An engine with a number of threads, in a process that loads one layer after the other."""

    engine: Engine
    threads: int
    worker: Worker
    call: Path | None = None  # of an engine that Python calls: the folder of a model with nothing to compute
    about: dict[str, Any] = field(default_factory=dict)  # what it said of the layer that is loaded

    def load(self, folder: Path, **arguments: Any) -> None:
        if self.call is not None:
            arguments["call"] = str(self.call.resolve())
        self.about = self.worker.ask("load", folder=str(folder.resolve()), threads=self.threads, **arguments)

    def run(self, untimed: int, count: int, runs: int) -> dict[str, list[float]]:
        return self.worker.ask("run", untimed=untimed, count=count, runs=runs)


def _turn(seconds: float) -> dict[str, int]:
    """How often to run a layer that takes so long."""
    runs = max(1, round(LAP_SECONDS / seconds))
    untimed = max(2, round(WARM_UP_SECONDS / seconds))
    return {"untimed": untimed, "count": max(3, round(TURN_SECONDS / (runs * seconds))), "runs": runs}


def start_lanes(engines: list[Engine], threads: list[int], folder: Path) -> list[Lane]:
    lanes = []
    folder.mkdir(parents=True, exist_ok=True)
    for engine in engines:
        call = None
        if engine.program is None:
            call = folder / f"{engine.name}-call"
            call.mkdir(exist_ok=True)
            write_call(engine.name, call)
        for count in threads:
            lanes.append(Lane(engine, count, engine.start(folder / f"{engine.name}-{count}.log"), call))
    return lanes


def _output(lane: Lane, restore: Restore, folder: Path) -> np.ndarray:
    file = folder / "output"
    lane.worker.ask("output", file=str(file.resolve()))
    return restore(np.fromfile(file, np.float32)).astype(np.float64)


def _limit(lane: Lane, greatest: float) -> float:
    """Of the lane's deviation from Tandem, whose greatest output this is."""
    if lane.engine.name == FP32:
        return QUANTISING / greatest
    return TOLERANCE if lane.engine.type == "fp32" else STEPS * corpus_quantised.DST.scale / greatest


def _errors(lanes: list[Lane], restore: dict[str, Restore], folder: Path) -> list[dict[str, float]]:
    """The greatest deviation of each from Tandem, as a share of the greatest output; infinite for another shape or NaN. And
    how great it may be."""
    expected = _output(lanes[0], restore[lanes[0].engine.name], folder)
    greatest = float(np.max(np.abs(expected)))
    errors = []
    for lane in lanes:
        output = _output(lane, restore[lane.engine.name], folder)
        same = output.shape == expected.shape
        error = float(np.max(np.abs(output - expected)) / greatest) if same else float("inf")
        errors.append({"error": error if error == error else float("inf"), "limit": _limit(lane, greatest)})
    return errors


def measure_layer(layer: Layer, lanes: list[Lane], isa: str, rounds: int, folder: Path) -> list[dict[str, Any]]:
    """A result for each lane; Tandem's come first. Raises EngineError."""
    restore = {}
    for engine in {lane.engine.name: lane.engine for lane in lanes}.values():
        (folder / engine.name).mkdir(exist_ok=True)
        restore[engine.name] = WRITERS[lanes[0].engine.type][engine.name](layer, folder / engine.name)
    for lane in lanes:
        try:
            lane.load(folder / lane.engine.name, layer=layer.description, isa=isa, type=lane.engine.type)
            lane.run(untimed=1, count=0, runs=1)
        except EngineError as error:
            raise EngineError(f"{lane.engine.label} on {layer.name}: {error}") from error
    errors = _errors(lanes, restore, folder)
    turns = [_turn(min(lane.run(untimed=1, count=3, runs=1)["seconds"])) for lane in lanes]
    answers: list[list[dict[str, list[float]]]] = [[] for _ in lanes]
    for number in range(rounds):
        # Each round starts with another engine, so that no engine always follows the same one.
        for step in range(len(lanes)):
            i = (number + step) % len(lanes)
            answers[i].append(lanes[i].run(**turns[i]))
    return [_result(lane, given, error) for lane, given, error in zip(lanes, answers, errors, strict=True)]


def lane_seconds(lane: Lane, rounds: int) -> float:
    """The fastest run of the layer that is loaded, without its call, by itself."""
    turn = _turn(min(lane.run(untimed=1, count=3, runs=1)["seconds"]))
    return _result(lane, [lane.run(**turn) for _ in range(rounds)], {})["min_seconds"]


def _result(lane: Lane, answers: list[dict[str, list[float]]], error: dict[str, float]) -> dict[str, Any]:
    seconds = [s for answer in answers for s in answer["seconds"]]
    # What Python, its binding and a session with one operator take by themselves is taken off.
    call = min((s for answer in answers for s in answer.get("call_seconds", [])), default=0.0)
    result = {
        "engine": lane.engine.name,
        "threads": lane.threads,
        "min_seconds": max(min(seconds) - call, LEAST_SHARE * min(seconds)),
        "median_seconds": max(float(np.median(seconds)) - call, LEAST_SHARE * min(seconds)),
        "call_seconds": call,
        **error,
    }
    if lane.engine.name == "tandem":
        result |= {key: lane.about[key] for key in ("kernel", "plan", "predicted_seconds")}
    return result

"""Measures one network: the engines take turns, round after round.

A shared machine has slow seconds and slow minutes. With turns of a tenth of a second these affect all engines alike. The
fastest of many turns, spread over the whole time, is the speed that an engine can reach.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from engines import Engine, EngineError, Worker
from networks import LABELS, Network, write_safetensors

# An engine starts with the caches and the clock rate that the one before left, and with sleeping threads. Two runs
# settle that. All engines get the same.
UNTIMED_RUNS = 2
TIMED_RUNS = 5

# As a share of the greatest absolute logit. Float32 rounds by 2^-24 a step; over some 50 layers of up to 1280 terms
# each, the roundings add up to a few 1e-6 in any order. Fp16 or bf16 anywhere (2^-11 and more a step), a row of padding
# on the wrong side or a lost activation give 1e-3 and more. The limit lies between.
TOLERANCE = 1e-4


class Disagreement(Exception):
    """An engine computes something else than Tandem: its time would mean nothing."""


@dataclass
class Lane:
    """An engine with a number of threads, and its measured times."""

    engine: Engine
    threads: int
    worker: Worker
    about: dict[str, str]  # what the worker said when it loaded the model: its version and more
    seconds: list[float] = field(default_factory=list)
    error: float = 0.0  # against Tandem, relative to the greatest absolute logit


@dataclass
class Measured:
    lanes: list[Lane]
    peaks: dict[int, float]  # number of threads -> flops per second
    bandwidths: list[dict]
    failures: dict[str, str]  # engine -> why it is not among the lanes


def progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def _prepare(network: Network, engines: list[Engine], threads: list[int], folder: Path, failures: dict) -> list[Lane]:
    folder.mkdir(parents=True, exist_ok=True)
    write_safetensors(network, folder)
    lanes: list[Lane] = []
    for engine in engines:
        started: list[Lane] = []
        try:
            engine.write_model(network, folder)
            for count in threads:
                progress(f"{LABELS[network.name]}: {engine.label} loads with {count} threads")
                worker = engine.start(folder / f"{engine.name}-{count}.log")
                started.append(Lane(engine, count, worker, {}))
                started[-1].about = worker.ask("load", folder=str(folder.resolve()), threads=count)
                worker.ask("run", untimed=1, count=0)
        except Exception as error:  # noqa: BLE001 - one engine that cannot be used must not end the comparison
            for lane in started:
                lane.worker.end()
            if engine.name == "tandem":
                raise EngineError(f"Tandem cannot be measured: {error}") from error
            failures[engine.name] = str(error)
        else:
            lanes += started
    return lanes


def _compare_outputs(network: Network, lanes: list[Lane]) -> None:
    """Every output against Tandem's on one thread or whatever comes first. Raises Disagreement."""
    expected = None
    for lane in lanes:
        output = np.array(lane.worker.ask("output")["output"], np.float64)
        if expected is None:
            expected = output
        if output.shape != expected.shape:
            raise Disagreement(f"{lane.engine.label} gives {output.size} logits instead of {expected.size}")
        error = float(np.max(np.abs(output - expected)) / np.max(np.abs(expected)))
        lane.error = max(lane.error, error)
        if not error <= TOLERANCE:  # a NaN is none
            raise Disagreement(
                f"{lane.engine.label} with {lane.threads} threads computes another {LABELS[network.name]} than Tandem:"
                f" the logits differ by {error:.1e} of the greatest, and {TOLERANCE:.0e} is allowed"
            )


def measure(network: Network, engines: list[Engine], threads: list[int], rounds: int, folder: Path) -> Measured:
    """Raises Disagreement, and EngineError when Tandem itself cannot be measured."""
    measured = Measured([], dict.fromkeys(threads, 0.0), [], {})
    lanes = measured.lanes = _prepare(network, engines, threads, folder, measured.failures)
    tandem = lanes[0].worker
    try:
        _compare_outputs(network, lanes)
        measured.bandwidths = tandem.ask("bandwidths")["levels"]
        for number in range(rounds):
            progress(f"{LABELS[network.name]}: round {number + 1} of {rounds}")
            for count in threads:
                peak = tandem.ask("peak", threads=count)["flops_per_second"]
                measured.peaks[count] = max(measured.peaks[count], peak)
            # Each round starts with another engine, so that no engine always follows the same one.
            first = number % len(lanes)
            for lane in lanes[first:] + lanes[:first]:
                lane.seconds += lane.worker.ask("run", untimed=UNTIMED_RUNS, count=TIMED_RUNS)["seconds"]
        _compare_outputs(network, lanes)  # what all those runs left behind
    finally:
        progress("")
        for lane in lanes:
            lane.worker.end()
    return measured

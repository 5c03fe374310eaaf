"""Measures one network: the engines take turns, round after round.

A shared machine has slow seconds and slow minutes. With turns of a tenth of a second these affect all engines alike. The
fastest of many turns, spread over the whole time, is the speed that an engine can reach.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from agreement import Difference, Disagreement, compare_fp32, compare_int8, expect_agreement
from engines import Engine, EngineError, Worker
from networks import LABELS, Network, write_safetensors
from quantised import QuantisedNetwork, quantization_of, read_quantised

# An engine starts with the caches and the clock rate that the one before left, and with sleeping threads. Two runs
# settle that. All engines get the same.
UNTIMED_RUNS = 2
TIMED_RUNS = 5


@dataclass
class Lane:
    """An engine with a number of threads, and its measured times."""

    engine: Engine
    threads: int
    worker: Worker
    about: dict[str, str]  # what the worker said when it loaded the model: its version and more
    seconds: list[float] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)  # before the timed runs and after


@dataclass
class Measured:
    lanes: list[Lane]
    peaks: dict[str, dict[int, float]]  # type -> number of threads -> flops per second
    bandwidths: list[dict]
    failures: dict[str, str]  # engine -> why it is not among the lanes


def progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def _quantised(network: Network, tandem: Worker, folder: Path) -> QuantisedNetwork:
    """What a worker that has loaded the network in int8 runs."""
    file = folder / "quantised.safetensors"
    tandem.ask("describe", file=str(file.resolve()))
    tandem.ask("run", untimed=1, count=0)
    return read_quantised(network, file, np.array(tandem.ask("output")["output"]))


def prepare(network: Network, engines: list[Engine], threads: list[int], folder: Path, failures: dict) -> list[Lane]:
    """Each with the outputs of its first run. Raises EngineError when Tandem itself cannot be prepared."""
    folder.mkdir(parents=True, exist_ok=True)
    write_safetensors(network, folder)
    written: Network | QuantisedNetwork = network  # into the engines' files
    lanes: list[Lane] = []
    for engine in engines:
        started: list[Lane] = []
        try:
            model = engine.write_model(written, folder)
            for count in threads:
                progress(f"{LABELS[network.name]}: {engine.label} loads with {count} threads")
                worker = engine.start(folder / f"{engine.name}-{count}.log")
                started.append(Lane(engine, count, worker, {}))
                arguments = {"threads": count, "type": engine.type, "settings": engine.settings}
                started[-1].about = worker.ask("load", folder=str(model.resolve()), **arguments)
                worker.ask("run", untimed=1, count=0)
            if engine.name == "tandem" and engine.type == "int8":
                written = _quantised(network, started[0].worker, folder)
        except Exception as error:  # noqa: BLE001 - one engine that cannot be used must not end the comparison
            for lane in started:
                lane.worker.end()
            if engine.option == "tandem":
                raise EngineError(f"Tandem cannot be measured: {error}") from error
            failures[engine.name] = str(error)
        else:
            lanes += started
    return lanes


def compare_output(lane: Lane, output: np.ndarray, expected: np.ndarray, fp32: np.ndarray | None) -> Difference:
    """With Tandem's; fp32 is None where all engines compute in fp32. Raises Disagreement, but not of other engines' int8: some
    saturate on some CPUs."""
    if fp32 is None:
        return compare_fp32(output, expected)
    if lane.engine.rounds_logits:
        expected = quantization_of(expected).rounded(expected)
    difference = compare_int8(output, expected, fp32)
    if lane.engine.option == "tandem":
        expect_agreement(difference)
    return difference


def logits_of(lane: Lane) -> np.ndarray:
    return np.array(lane.worker.ask("output")["output"], np.float64)


def _compare_outputs(network: Network, lanes: list[Lane]) -> None:
    """Every output against Tandem's on one thread or whatever comes first. Raises Disagreement."""
    outputs = [logits_of(lane) for lane in lanes]
    quantised = lanes[0].engine.type == "int8"
    fp32 = next(o for lane, o in zip(lanes, outputs, strict=True) if lane.engine.type == "fp32") if quantised else None
    for lane, output in zip(lanes, outputs, strict=True):
        try:
            lane.differences.append(compare_output(lane, output, outputs[0], fp32))
        except Disagreement as error:
            subject = f"{lane.engine.label} with {lane.threads} threads, in {LABELS[network.name]},"
            raise Disagreement(f"{subject} {error}") from None


def measure(network: Network, engines: list[Engine], threads: list[int], rounds: int, folder: Path) -> Measured:
    """Raises Disagreement, and EngineError when Tandem itself cannot be measured."""
    types = list(dict.fromkeys(engine.type for engine in engines))
    measured = Measured([], {type_: dict.fromkeys(threads, 0.0) for type_ in types}, [], {})
    lanes = measured.lanes = prepare(network, engines, threads, folder, measured.failures)
    tandem = lanes[0].worker
    try:
        _compare_outputs(network, lanes)
        measured.bandwidths = tandem.ask("bandwidths")["levels"]
        for number in range(rounds):
            progress(f"{LABELS[network.name]}: round {number + 1} of {rounds}")
            for type_, peaks in measured.peaks.items():
                for count in threads:
                    peak = tandem.ask("peak", threads=count, type=type_)["flops_per_second"]
                    peaks[count] = max(peaks[count], peak)
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

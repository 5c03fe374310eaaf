"""Everything that tandem-compare finds out about a model, and how it finds it out."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import tandem.explain
from tandem.compare import CompareError
from tandem.compare.arguments import Shapes
from tandem.compare.differences import Difference, compare_outputs
from tandem.compare.inputs import Feeds, make_feeds, possible_shapes
from tandem.compare.models import Loading, Model, Runner, Span
from tandem.compare.rounds import Times, measure
from tandem.explain import Explanation


@dataclass
class Side:
    """One of the two that are compared, with one number of threads."""

    start_seconds: float
    """loading the model, and its first run"""
    times: Times = field(default_factory=Times)


@dataclass
class Threads:
    """The comparison with one number of threads."""

    threads: int
    alone: Side
    tandem: Side
    differences: list[Difference]

    @property
    def ratio(self) -> float:
        """How many times as fast the model runs with Tandem: fastest run against fastest run."""
        return self.alone.times.least / self.tandem.times.least


@dataclass
class Comparison:
    model: str
    engine: str
    shapes: Shapes
    explanation: Explanation
    by_threads: list[Threads] = field(default_factory=list)
    timeline_threads: int = 0
    timeline_alone: list[Span] = field(default_factory=list)
    timeline_tandem: list[Span] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        return all(difference.agrees for threads in self.by_threads for difference in threads.differences)


def find_feeds(model: Model, given: Shapes, image: Path | None) -> tuple[Shapes, Feeds]:
    """The first of the possible shapes that the engine alone can run."""
    inputs = model.inputs()
    if not inputs:
        raise CompareError("the model has no inputs")
    first_error: CompareError | None = None
    for shapes in possible_shapes(inputs, given):
        feeds = make_feeds(inputs, shapes, image)
        try:
            model.load(Loading(threads=1, tandem=False), feeds)
            return shapes, feeds
        except CompareError as error:
            first_error = first_error or error
    raise CompareError(
        f"{first_error}; --shape gives the sizes that the model leaves open: {', '.join(map(str, inputs))}"
    )


def _start(model: Model, loading: Loading, feeds: Feeds) -> tuple[Runner, Side]:
    begin = time.perf_counter()
    runner = model.load(loading, feeds)
    return runner, Side(time.perf_counter() - begin)


def _watched(threads: int, rounds: int) -> Callable[[int], None]:
    """Progress on a terminal: one line that is written over."""

    def progress(done: int) -> None:
        if sys.stderr.isatty():
            text = "" if done == rounds else f"{threads} thread{'s' * (threads > 1)}: round {done + 1} of {rounds}"
            print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)

    return progress


def compare(
    model: Model,
    given: Shapes,
    image: Path | None,
    threads: list[int],
    rounds: int,
    least_gain: float | None,
    with_timeline: bool,
) -> Comparison:
    """Raises CompareError."""
    shapes, feeds = find_feeds(model, given, image)
    comparison = None
    with tempfile.TemporaryDirectory(prefix="tandem-compare-") as name:
        folder = Path(name)
        for count in threads:
            explain = folder / f"{count}.json"
            alone, alone_side = _start(model, Loading(count, tandem=False), feeds)
            both, tandem_side = _start(model, Loading(count, True, least_gain, explain), feeds)
            differences = compare_outputs(model.output_names(), alone.outputs(), both.outputs())
            alone_side.times, tandem_side.times = measure(alone, both, rounds, _watched(count, rounds))
            if comparison is None:
                comparison = Comparison(model.path.name, model.engine, shapes, _read_explanation(explain))
            comparison.by_threads.append(Threads(count, alone_side, tandem_side, differences))
        assert comparison is not None
        if with_timeline:
            comparison.timeline_threads = threads[0]
            comparison.timeline_alone = model.timeline(Loading(threads[0], tandem=False), feeds, folder)
            comparison.timeline_tandem = model.timeline(Loading(threads[0], True, least_gain), feeds, folder)
    return comparison


def _read_explanation(file: Path) -> Explanation:
    try:
        return tandem.explain.read(file)
    except (OSError, ValueError) as error:
        raise CompareError(f"Tandem did not say which nodes it took: {error}") from error

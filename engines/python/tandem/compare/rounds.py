"""Times two runners in turns.

A shared machine has slow seconds; with short turns they meet both alike. The threads of an engine that has just run
still spin for a while and take a core from the other one. So each turn begins with runs that are not timed.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tandem.compare.models import Runner

_UNTIMED = 0.02  # seconds at the start of a turn, and at least one run
_TIMED = 0.06  # seconds, and at least one run


@dataclass
class Times:
    """Seconds of each timed run."""

    runs: list[float] = field(default_factory=list)

    @property
    def least(self) -> float:
        return min(self.runs)

    @property
    def median(self) -> float:
        return statistics.median(self.runs)


def _turn(runner: Runner, times: Times) -> None:
    end = time.perf_counter() + _UNTIMED
    while True:
        runner.run()
        if time.perf_counter() >= end:
            break
    start = time.perf_counter()
    end = start + _TIMED
    while start < end:
        runner.run()
        now = time.perf_counter()
        times.runs.append(now - start)
        start = now


def measure(alone: Runner, with_tandem: Runner, rounds: int, progress: Callable[[int], None]) -> tuple[Times, Times]:
    """Both get a turn in each round, and go first in every other round. `progress` hears the rounds that are done."""
    times = {alone: Times(), with_tandem: Times()}
    order = [alone, with_tandem]
    for done in range(rounds):
        progress(done)
        for runner in order:
            _turn(runner, times[runner])
        order.reverse()
    progress(rounds)
    return times[alone], times[with_tandem]

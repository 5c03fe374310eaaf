"""A comparison as text for a person, and as JSON for a program."""

from __future__ import annotations

import math
import platform
import re
from collections import defaultdict
from typing import Any

from tandem.compare.comparison import Comparison, Side
from tandem.compare.differences import ALLOWED
from tandem.explain import Node

_NAMES_SHOWN = 3
_LEAST_SHARE = 5e-4  # of the multiply-adds, that is worth a word


def _milliseconds(seconds: float) -> str:
    return f"{1e3 * seconds:.3f}" if seconds < 0.1 else f"{1e3 * seconds:.1f}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _percent(part: float) -> str:
    return f"{100 * part:.1f} %"


def _multiply_adds(number: int) -> str:
    for unit, name in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if number >= unit:
            return f"{number / unit:.3g} {name}"
    return str(number)


def _header(comparison: Comparison) -> list[str]:
    explanation = comparison.explanation
    shapes = ", ".join(f"{name} {'x'.join(map(str, dims))}" for name, dims in comparison.shapes.items())
    groups = len(explanation.groups)
    claimed = f"{explanation.claimed} of {_count(len(explanation.nodes), 'node')} in {_count(groups, 'subgraph')}"
    if explanation.share is not None:
        claimed += f", {_percent(explanation.share)} of the {_multiply_adds(explanation.multiply_adds)} multiply-adds"
    return [
        f"model    {comparison.model}, input {shapes}",
        f"engine   {comparison.engine}",
        f"Tandem   {explanation.tandem}, {explanation.isa}; takes {claimed}",
    ]


def _times(comparison: Comparison) -> list[str]:
    engine = comparison.engine.rsplit(" ", 1)[0]
    width = max(len(engine), len("with Tandem"))
    lines = [
        f"         {'':{width}}  one run, ms             load and",
        f"threads  {'':{width}}  fastest     median   first run, ms   times as fast   largest difference",
    ]
    for row in comparison.by_threads:
        difference = max((d.largest for d in row.differences), default=0.0)

        def line(label: str, side: Side) -> str:
            times = side.times
            fastest, median = _milliseconds(times.least), _milliseconds(times.median)
            return f"{label:{width}} {fastest:>8} {median:>10} {_milliseconds(side.start_seconds):>15}"

        lines.append(f"{row.threads:7}  {line(engine, row.alone)}")
        lines.append(f"{'':7}  {line('with Tandem', row.tandem)} {row.ratio:15.2f} {difference:20.1e}")
    return lines


def _agreement(comparison: Comparison) -> list[str]:
    """One line for each output that disagrees, or one for all."""
    lines = []
    for row in comparison.by_threads:
        for difference in row.differences:
            if not difference.agrees:
                top = " and another top answer" if difference.same_top is False else ""
                lines.append(
                    f"DIFFERENT: output {difference.output} with {_count(row.threads, 'thread')} is off by "
                    f"{difference.largest:.1e} of its largest value{top}; {ALLOWED:.0e} is rounding"
                )
    return lines or [f"The answers are the same, within {ALLOWED:.0e} of each output's largest value."]


def _declined(comparison: Comparison, every: bool) -> list[str]:
    left = [node for node in comparison.explanation.nodes if not node.claimed]
    if not left:
        return ["Tandem takes every node."]
    total = comparison.explanation.multiply_adds
    kinds: dict[tuple[str, str], list[Node]] = defaultdict(list)
    for node in left:
        # Reasons that differ in a number are of one kind.
        kinds[node.operator, re.sub(r"\d[\d.]*", "0", node.reason)].append(node)
    lines = [f"Left to the engine: {_count(len(left), 'node')}"]
    ordered = sorted(kinds.items(), key=lambda kind: (-sum(n.multiply_adds for n in kind[1]), -len(kind[1]), kind[0]))
    for (operator, _), nodes in ordered:
        reason = nodes[0].reason
        work = sum(node.multiply_adds for node in nodes)
        share = f", {_percent(work / total)} of the multiply-adds" if total and work / total >= _LEAST_SHARE else ""
        lines.append(f"  {len(nodes):4} {operator}{share}: {reason or 'no reason was given'}")
        shown = nodes if every else nodes[:_NAMES_SHOWN]
        rest = len(nodes) - len(shown)
        names = ", ".join(node.name or "(no name)" for node in shown)
        lines.append(f"       {names}{f', and {rest} more' if rest else ''}")
    return lines


def to_text(comparison: Comparison, every: bool = False) -> str:
    """`every`: names all nodes that were left, not a few of each kind."""
    parts = [_header(comparison), _times(comparison), _agreement(comparison), _declined(comparison, every)]
    return "\n\n".join("\n".join(part) for part in parts)


def _cpu() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def to_json(comparison: Comparison) -> dict[str, Any]:
    """Times are seconds. A difference that is no number (another shape, a NaN) is null."""
    explanation = comparison.explanation

    def side(of: Side) -> dict[str, Any]:
        times = of.times
        return {"start": of.start_seconds, "fastest": times.least, "median": times.median, "runs": times.runs}

    return {
        "model": comparison.model,
        "engine": comparison.engine,
        "cpu": _cpu(),
        "tandem": explanation.tandem,
        "isa": explanation.isa,
        "shapes": comparison.shapes,
        "nodes": len(explanation.nodes),
        "claimed_nodes": explanation.claimed,
        "subgraphs": len(explanation.groups),
        "multiply_adds": explanation.multiply_adds,
        "claimed_multiply_adds": explanation.claimed_multiply_adds,
        "same_answers": comparison.agrees,
        "threads": [
            {
                "threads": row.threads,
                "alone": side(row.alone),
                "tandem": side(row.tandem),
                "ratio": row.ratio,
                "differences": [
                    {
                        "output": d.output,
                        "largest": d.largest if math.isfinite(d.largest) else None,
                        "same_top": d.same_top,
                    }
                    for d in row.differences
                ],
            }
            for row in comparison.by_threads
        ],
        "declined": [vars(node) for node in explanation.nodes if not node.claimed],
    }

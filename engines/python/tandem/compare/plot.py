"""Draws a comparison: bars of both times, and below them one run as a timeline."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

from tandem.compare import CompareError
from tandem.compare.comparison import Comparison
from tandem.compare.models import Span

_ENGINE, _TANDEM, _REST = "#8a8f98", "#d1495b", "#d9dce1"
_OPERATORS = ("#30638e", "#59a5b5", "#edae49", "#7a9e5f", "#9579a8")
_FRAME = 3.2  # inches that a lane's labels and legend need


def check_installed() -> None:
    """Raises CompareError if matplotlib is missing."""
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise CompareError("--plot needs the package matplotlib: pip install 'tandem-kernels[compare]'") from error


def _pyplot() -> Any:
    check_installed()
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.fonttype"] = "none"  # text stays text
    import matplotlib.pyplot

    return matplotlib.pyplot


def _bars(axes: Any, comparison: Comparison) -> None:
    """Two bars for each number of threads; their length is the fastest run, a tick the median."""
    engine = comparison.engine
    place = 0.0
    labels: list[tuple[float, str]] = []
    for row in comparison.by_threads:
        for side, colour, label in ((row.alone, _ENGINE, engine), (row.tandem, _TANDEM, f"{engine} + Tandem")):
            least, median = 1e3 * side.times.least, 1e3 * side.times.median
            axes.barh(place, least, height=0.8, color=colour)
            axes.plot([median, median], [place - 0.4, place + 0.4], color="black", linewidth=1)
            gain = f"   {row.ratio:.2f} times as fast" if side is row.tandem else ""
            axes.annotate(
                f"{least:.2f} ms{gain}", (max(least, median), place), (4, 0), textcoords="offset points", va="center"
            )
            threads = f"{row.threads} thread{'s' * (row.threads > 1)}"
            labels.append((place, f"{label}, {threads}"))
            place += 1
        place += 0.5
    axes.set_yticks([at for at, _ in labels], [label for _, label in labels])
    axes.invert_yaxis()
    axes.set_xlim(0, 1.4 * max(1e3 * max(r.alone.times.median, r.tandem.times.median) for r in comparison.by_threads))
    axes.set_xlabel("milliseconds for one run: the bar is the fastest, the tick the median")


def _colours(spans: list[Span]) -> dict[str, str]:
    """The operators that take most of the time get colours of their own."""
    seconds: dict[str, float] = defaultdict(float)
    for span in spans:
        if not span.tandem:
            seconds[span.label] += span.seconds
    colours = {
        label: colour for label, colour in zip(sorted(seconds, key=seconds.__getitem__, reverse=True), _OPERATORS)
    }
    return {"Tandem": _TANDEM, **colours}


def _lane(axes: Any, place: int, spans: list[Span], colours: dict[str, str]) -> None:
    for span in spans:
        colour = colours.get(span.label, _REST)
        axes.barh(
            place, 1e3 * span.seconds, left=1e3 * span.start, height=0.7, color=colour, edgecolor="white", linewidth=0.3
        )


def _legend(colours: dict[str, str], shown: set[str]) -> list[Any]:
    from matplotlib.patches import Patch

    patches = [Patch(color=colour, label=label) for label, colour in colours.items() if label in shown]
    if shown - colours.keys():
        patches.append(Patch(color=_REST, label="others"))
    return patches


def _filled(spans: list[Span], engine: str, seconds: float) -> list[Span]:
    """For an engine that does not tell the times of its nodes: one stretch for all of them, after Tandem's."""
    if any(not span.tandem for span in spans):
        return spans
    start = sum(span.seconds for span in spans)
    return [*spans, Span(engine, start, max(0.0, seconds - start), False)]


def _timeline(axes: Any, comparison: Comparison) -> None:
    row = next(row for row in comparison.by_threads if row.threads == comparison.timeline_threads)
    alone = _filled(comparison.timeline_alone, comparison.engine, row.alone.times.least)
    both = _filled(comparison.timeline_tandem, comparison.engine, row.tandem.times.least)
    colours = _colours(alone + both)
    for place, spans in enumerate((alone, both)):
        _lane(axes, place, spans, colours)
    axes.legend(
        handles=_legend(colours, {span.label for span in alone + both}),
        loc="upper left",
        bbox_to_anchor=(0, -0.3),
        ncols=4,
        frameon=False,
    )
    axes.set_yticks([0, 1], [comparison.engine, f"{comparison.engine} + Tandem"])
    axes.set_ylim(1.5, -0.5)
    axes.set_xlim(0, 1.05e3 * max(span.start + span.seconds for span in alone + both))
    threads = f"{row.threads} thread{'s' * (row.threads > 1)}"
    axes.set_xlabel(f"milliseconds since the run began; {threads}")
    untold = any(
        all(span.tandem for span in spans) for spans in (comparison.timeline_alone, comparison.timeline_tandem)
    )
    axes.set_title(f"One run, {'the nodes of the engine together' if untold else 'node after node'}", loc="left")


def draw(comparison: Comparison, file: Path) -> None:
    """Raises CompareError if matplotlib is missing, OSError if the file cannot be written."""
    pyplot = _pyplot()
    bars = 0.35 * 2.5 * len(comparison.by_threads)
    figure, (top, bottom) = pyplot.subplots(
        2, 1, figsize=(10, bars + _FRAME), height_ratios=(bars, 1.1), layout="constrained"
    )
    _bars(top, comparison)
    share = comparison.explanation.share
    taken = "" if share is None else f"; Tandem computes {100 * share:.1f} % of the multiply-adds"
    top.set_title(f"{comparison.model}{taken}", loc="left")
    _timeline(bottom, comparison)
    for axes in (top, bottom):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(file)
    pyplot.close(figure)

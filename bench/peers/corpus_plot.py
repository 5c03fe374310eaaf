"""The figure of corpus.py: how many times as long the faster of the other engines takes, a point a layer."""

from __future__ import annotations

from pathlib import Path

import matplotlib.ticker
import numpy as np

from corpus_report import LayerResult, Report, geometric_mean, kinds, label, others, peers, seconds, with_ratio
from plots import LIMIT_COLOR, clear_sides, plt, save_figure
from report import plural

FASTER_COLOR, SLOWER_COLOR, MEAN_COLOR = "#2a6f97", "#e76f51", "#222222"
SPREAD = 0.32  # of a kind's points across its row


def _area(layer: LayerResult, threads: int) -> float:
    """Of a point: larger for layers that take longer, from 1 us to 1 ms and more."""
    magnitude = np.log10(np.clip(seconds(layer, "tandem", threads), 1e-6, 1e-3) / 1e-6)
    return float(6 + 14 * magnitude)


def _draw_kinds(axes: plt.Axes, report: Report, threads: int) -> None:
    peer = peers(report)[-1]
    names = kinds(report)
    for row, kind in enumerate(names):
        pairs = with_ratio(report, [x for x in report["layers"] if x["kind"] == kind], peer, threads)
        if not pairs:
            continue
        layers, ratios = zip(*pairs, strict=True)
        # The same figure for the same report: no random spread.
        offsets = np.linspace(-SPREAD, SPREAD, len(layers)) if len(layers) > 1 else [0.0]
        colors = [FASTER_COLOR if r >= 1 else SLOWER_COLOR for r in ratios]
        sizes = [_area(x, threads) for x in layers]
        axes.scatter(ratios, row + np.asarray(offsets), s=sizes, c=colors, alpha=0.55, linewidths=0)
        mean = geometric_mean(ratios)
        axes.plot([mean, mean], [row - 0.4, row + 0.4], color=MEAN_COLOR, linewidth=1.6)
        axes.text(1.01, row, f"{mean:.2f}", transform=axes.get_yaxis_transform(), fontsize=8, va="center")
    axes.axvline(1.0, color=LIMIT_COLOR, linewidth=1.0)
    axes.set_xscale("log")
    axes.set_yticks(range(len(names)), [f"{k} ({sum(x['kind'] == k for x in report['layers'])})" for k in names])
    axes.invert_yaxis()
    axes.xaxis.set_major_locator(matplotlib.ticker.FixedLocator([0.25, 0.33, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8]))
    axes.xaxis.set_major_formatter(matplotlib.ticker.FormatStrFormatter("%g"))
    axes.xaxis.set_minor_locator(matplotlib.ticker.NullLocator())
    axes.grid(axis="x", color="#dddddd", linewidth=0.5)
    axes.set_axisbelow(True)
    axes.set_title(plural(threads), fontsize=9)
    axes.set_xlabel(f"time of {label(report, peer)} / Tandem's:  left of the line Tandem is slower, right of it faster")
    clear_sides(axes)


def draw_kinds(report: Report, path: Path) -> None:
    """Needs a peer in the report. Raises OSError."""
    count = len(report["threads"])
    figure, rows = plt.subplots(count, 1, figsize=(7.6, 4.4 * count), layout="constrained", squeeze=False)
    for axes, threads in zip(rows[:, 0], report["threads"], strict=True):
        _draw_kinds(axes, report, threads)
    engines = (report["engines"][name] for name in others(report))
    names = ", ".join(f"{e['label']} {e['version']}" for e in engines)
    tandem = report["engines"]["tandem"]
    caption = (
        f"{report['machine']['cpu']}, {report['machine']['cores']} cores, {tandem['isa']}, {report['type']}. Tandem "
        f"{tandem['version']} beside {names}. Each point is a convolution of a real network, alone and hot; larger points "
        "take longer. Black bars and the numbers at the right: geometric means."
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    save_figure(figure, caption, path)

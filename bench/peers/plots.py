"""The two figures, drawn from a report's JSON: the milliseconds of each network, and the roofline of its layers."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from networks import LABELS
from report import (
    PEAK_NAMES,
    PEAKS,
    UNITS,
    Report,
    computes_the_same,
    limit,
    networks,
    plural,
    select,
    thread_counts,
    type_of,
)

plt.rcParams["svg.hashsalt"] = "tandem"  # the same figure for the same report
plt.rcParams["font.size"] = 9

LIMIT_COLOR = "#c1121f"
PALE = 0.35  # alpha of a bar that does not count
ENGINE_COLORS = {
    "tandem": "#2a6f97",
    "tandem_fp32": "#a9c5d8",
    "onnxruntime": "#8d99ae",
    "onnxruntime_qdq": "#8d99ae",
    "onnxruntime_qoperator": "#5c677d",
    "onnxruntime_default": "#4a4e69",
    "openvino": "#b08968",
    "litert": "#84a98c",
    "ncnn": "#cdb4db",
    "onednn": "#e9c46a",
}
OP_COLORS = {
    "conv2d": "#e76f51",
    "depthwise": "#2a9d8f",
    "pointwise": "#264653",
    "separable": "#e9c46a",
    "inverted_residual": "#2a6f97",
    "fully_connected": "#8d99ae",
}


def _caption(report: Report) -> str:
    tandem = report["engines"]["tandem"]
    names = [f"{e['label']} {e['version']}" for e in report["engines"].values()]
    return (
        f"{report['machine']['cpu']}, {report['machine']['cores']} cores, {tandem['isa']}. Batch 1, 224 x 224, "
        f"{type_of(report)}. "
        f"{', '.join(names)}. Tandem built by {tandem['compiler']}."
    )


def save_figure(figure: Figure, caption: str, path: Path) -> None:
    figure.supxlabel(textwrap.fill(caption, 120), fontsize=7, color="#555555", x=0.01, ha="left")
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def clear_sides(axes: Axes) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _draw_bars(axes: Axes, report: Report, threads: int) -> None:
    """A group a network, a bar an engine: its fastest run, with a whisker to the median. Pale for another network."""
    width = 0.84 / len(report["engines"])
    for group, network in enumerate(networks(report)):
        results = select(report, network, threads)
        for result in results:
            position = list(report["engines"]).index(result["engine"])
            x = group - 0.42 + (position + 0.5) * width
            low, middle = result["min_seconds"] * 1e3, result["median_seconds"] * 1e3
            label = report["engines"][result["engine"]]["label"] if group == 0 else None
            alpha, text = (1.0, "white") if computes_the_same(result) else (PALE, "#333333")
            axes.bar(x, low, 0.9 * width, color=ENGINE_COLORS[result["engine"]], alpha=alpha, label=label)
            axes.plot([x, x], [low, middle], color="#555555", linewidth=0.8)
            axes.text(x, 0.03 * low, f"{low:.1f}", rotation=90, ha="center", va="bottom", fontsize=7, color=text)
        y = limit(report, results[0]) * 1e3
        label = f"{PEAK_NAMES[type_of(report)]} limit" if group == 0 else None
        axes.plot([group - 0.44, group + 0.44], [y, y], color=LIMIT_COLOR, linewidth=1.5, label=label)
    axes.set_xticks(range(len(networks(report))), [LABELS[n] for n in networks(report)])
    axes.set_title(plural(threads), fontsize=9)
    axes.set_ylim(bottom=0)
    clear_sides(axes)


def draw_networks(report: Report, path: Path) -> None:
    counts = thread_counts(report)
    figure, rows = plt.subplots(1, len(counts), figsize=(4.6 * len(counts), 3.6), layout="constrained", squeeze=False)
    for axes, threads in zip(rows[0], counts, strict=True):
        _draw_bars(axes, report, threads)
    rows[0][0].set_ylabel("milliseconds")
    handles, labels = rows[0][0].get_legend_handles_labels()
    columns = len(labels) if len(labels) < 8 else -(-len(labels) // 2)
    figure.legend(handles, labels, loc="outside upper center", ncols=columns, fontsize=7, frameon=False)
    legend = f"Bars: the fastest of {report['runs']} runs, engines in turns; whiskers: up to the median."
    if not all(map(computes_the_same, report["results"])):
        legend += " Pale bars: engines that compute another network, since their sums saturate or their logits differ too much."
    save_figure(figure, f"{_caption(report)} {legend}", path)


def draw_roofline(report: Report, layers: list[dict[str, Any]], path: Path) -> None:
    """Layers: as network_bench --layers-json writes them; those of one thread that multiply are drawn."""
    name, unit = PEAK_NAMES[type_of(report)], UNITS[type_of(report)]
    peak = report[PEAKS[type_of(report)]]["1"] * 1e-9
    points = [p for p in layers if p["threads"] == 1 and p["multiply_adds"] > 0]
    intensities = [2.0 * p["multiply_adds"] / p["bytes"] for p in points]
    # Far enough to the left to show the slope of the steepest roof.
    fastest = max((level["bytes_per_second"] * 1e-9 for level in report["bandwidths"]), default=peak)
    left, right = min(min(intensities) / 1.5, 0.3 * peak / fastest), max(intensities) * 1.5

    figure, axes = plt.subplots(figsize=(7.2, 4.4), layout="constrained")
    axes.plot([left, right], [peak, peak], color=LIMIT_COLOR, linewidth=1.5)
    axes.text(right, peak * 1.04, f"{name} peak {peak:.0f} {unit}", ha="right", fontsize=7, color=LIMIT_COLOR)
    for level in report["bandwidths"]:
        rate = level["bytes_per_second"] * 1e-9
        axes.plot([left, peak / rate], [left * rate, peak], color="#999999", linewidth=0.8)
        axes.annotate(f"{level['level']} {rate:.0f} GB/s", (left, left * rate), fontsize=7, color="#555555")
    for op in dict.fromkeys(p["op"] for p in points):
        of_op = [(i, p) for i, p in zip(intensities, points, strict=True) if p["op"] == op]
        x = [i for i, _ in of_op]
        for key, style in (("seconds_alone", {"facecolors": "none"}), ("seconds_in_network", {})):
            y = [2e-9 * p["multiply_adds"] / p[key] for _, p in of_op]
            label = op.replace("_", " ") if not style else None
            axes.scatter(x, y, s=18, color=OP_COLORS.get(op, "#000000"), label=label, **style)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(left, right)
    axes.set_xlabel(f"{'flops' if unit == 'GFLOP/s' else 'operations'} per byte that has to be moved")
    axes.set_ylabel(unit)
    axes.legend(loc="lower right", fontsize=7, frameon=False)
    clear_sides(axes)
    tandem = report["engines"]["tandem"]
    caption = (
        f"{report['machine']['cpu']}, {type_of(report)}, one thread; Tandem {tandem['version']}, {tandem['isa']}, built "
        f"by {tandem['compiler']}. Full points: within the network; hollow: the layer alone, hot."
    )
    save_figure(figure, caption, path)

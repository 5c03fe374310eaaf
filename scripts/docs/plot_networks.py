#!/usr/bin/env python3
"""Draws docs/networks.svg, the README's figure, from the JSON that network_bench writes.

    network_bench --benchmark_repetitions=20 --benchmark_out=networks.json --benchmark_out_format=json
    plot_networks.py networks.json docs/networks.svg

One bar a network and number of threads: the time of the FMA limit (the network's multiply-adds at the peak measured in
the same process) as a share of the fastest run. A full bar is the physical limit.
"""

import argparse
import json
import re
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

NAMES = {
    "mobilenet_v1": "MobileNet V1",
    "mobilenet_v2": "MobileNet V2",
    "efficientnet_lite0": "EfficientNet-Lite0",
}


def best_fractions(report: dict) -> dict[tuple[str, int], tuple[float, float]]:
    """(network, threads) -> (share of the FMA peak, milliseconds) of the fastest run."""
    best: dict[tuple[str, int], tuple[float, float]] = {}
    for row in report["benchmarks"]:
        match = re.fullmatch(r"network/(\w+)/f32/threads:(\d+)", row["run_name"].removesuffix("/real_time"))
        if row.get("run_type") == "aggregate" or not match:
            continue
        key = (match[1], int(match[2]))
        value = (row["peak_fraction"], row["min_ms"])
        best[key] = max(best.get(key, value), value)
    return best


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("report", type=Path, help="network_bench's JSON")
    parser.add_argument("figure", type=Path, help="the SVG to write")
    arguments = parser.parse_args()
    try:
        best = best_fractions(json.loads(arguments.report.read_text()))
    except (OSError, ValueError, KeyError) as error:
        print(f"plot_networks: {arguments.report} is not a report of network_bench: {error}", file=sys.stderr)
        return 1
    if not best:
        print(f"plot_networks: {arguments.report} holds no network", file=sys.stderr)
        return 1

    plt.rcParams["svg.hashsalt"] = "tandem"  # the same figure for the same report
    figure, axes = plt.subplots(figsize=(7.2, 2.9), layout="constrained")
    keys = sorted(best, key=lambda key: (list(NAMES).index(key[0]), key[1]))
    for position, key in enumerate(reversed(keys)):
        fraction, milliseconds = best[key]
        axes.barh(position, fraction, color="#2a6f97" if key[1] == 1 else "#61a5c2")
        axes.text(fraction - 0.01, position, f"{fraction:.2f}   {milliseconds:.1f} ms", ha="right", va="center", color="white")
    axes.set_yticks(
        range(len(keys)), [f"{NAMES[n]}, {t} thread{'s' if t > 1 else ''}" for n, t in reversed(keys)]
    )
    axes.axvline(1.0, color="#c1121f", linewidth=1.5)
    axes.set_xlim(0, 1.04)
    axes.set_xlabel("share of the machine's FMA peak (red line: the physical limit)")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    figure.savefig(arguments.figure, metadata={"Date": None})
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""The cliffs of cliff_bench beside those of ONNX Runtime. Prints Markdown: a part of docs/cliffs.md.

Of each sweep ONNX Runtime runs the highest point and the best one. A cliff that it shares lies in the shape; a cliff of
Tandem alone is a defect. cliffs.sh runs this in an environment that has everything it needs.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from cliff_models import Point, write_point
from corpus_rounds import Lane, lane_seconds, start_lanes
from engines import EngineError, all_engines
from rounds import progress

ROUNDS = 6


def highest_and_best(sweep: dict[str, Any]) -> tuple[Point, Point]:
    """The best is the first along an axis whose points are compared by time alone."""
    points = sweep["points"]
    return max(points, key=lambda p: p["cliff"]), min(points, key=lambda p: abs(p["cliff"] - 1))


def measure(sweeps: list[dict[str, Any]], folder: Path, threads: int = 1) -> dict[str, float]:
    """Seconds of ONNX Runtime by the name of the point. Raises EngineError."""
    engine = next(e for e in all_engines(folder) if e.name == "onnxruntime")
    engine.check_installed()
    (folder / "point").mkdir(parents=True, exist_ok=True)
    lane: Lane = start_lanes([engine], [threads], folder)[0]
    seconds: dict[str, float] = {}
    try:
        for number, sweep in enumerate(sweeps):
            progress(f"sweep {number + 1} of {len(sweeps)}: {sweep['shape']}, {sweep['axis']}")
            for point in highest_and_best(sweep):
                if point["op"] is None or point["name"] in seconds:
                    continue
                write_point(point, folder / "point")
                lane.load(folder / "point")
                seconds[point["name"]] = lane_seconds(lane, ROUNDS)
    finally:
        progress("")
        lane.worker.end()
    return seconds


def print_report(report: dict[str, Any]) -> None:
    isa, theirs = report["isas"][0], report["onnxruntime"]
    print("## Beside ONNX Runtime\n")
    print("Printed by `bench/peers/cliffs.sh`: of each sweep whose highest cliff is above 1.5 the highest point. `ratio` is")
    print("the time of ONNX Runtime / the time of Tandem there, `at the best point` the same at the best point of the sweep.\n")
    print("| around | along | point | us | cliff | cliff of ONNX Runtime | ratio | at the best point |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    rows = []
    for sweep in report["sweeps"]:
        high, best = highest_and_best(sweep)
        if high["cliff"] <= 1.5 or high["name"] not in theirs or best["name"] not in theirs:
            continue
        own = theirs[high["name"]] / high["amount"] / (theirs[best["name"]] / best["amount"])
        ratio, at_best = (theirs[p["name"]] / p["seconds"][isa] for p in (high, best))
        cells = [sweep["shape"], sweep["axis"], high["name"], f"{1e6 * high['seconds'][isa]:.1f}"]
        rows.append((ratio, [*cells, *(f"{value:.2f}" for value in (high["cliff"], own, ratio, at_best))]))
    for _, cells in sorted(rows, key=lambda row: row[0]):
        print("| " + " | ".join(cells) + " |")


def main() -> int:
    parser = argparse.ArgumentParser(prog="cliffs.sh", description=__doc__.split("\n\n")[0])
    parser.add_argument("json", metavar="FILE", type=Path, help="what cliff_bench --json wrote; gets the new times, too")
    parser.add_argument("--print", action="store_true", help="measure nothing: print the times that the file has")
    parser.add_argument("--output", metavar="DIR", type=Path, default=Path("build/peers"), help="folder for models and logs")
    arguments = parser.parse_args()
    try:
        report = json.loads(arguments.json.read_text())
        if not arguments.print:
            report["onnxruntime"] = measure(report["sweeps"], arguments.output)
            arguments.json.write_text(json.dumps(report, indent=1) + "\n")
        print_report(report)
    except (EngineError, OSError, KeyError, json.JSONDecodeError) as error:
        print(f"cliffs: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

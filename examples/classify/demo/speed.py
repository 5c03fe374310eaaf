#!/usr/bin/env python3
"""Runs the benchmarks that the demo shows, and prints what they found as two short tables.

network_bench (one network, random weights: time does not depend on them) and separable_bench write JSON; here the
few figures that answer the demo's two questions are taken out of it. The JSON files are kept for the rest.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

NETWORK = "efficientnet_lite0"


class BenchmarkError(Exception):
    """A benchmark cannot be run; the message is one sentence for the user."""


def run(program: Path, output: Path, pattern: str = ".") -> dict[str, Any]:
    """Runs a benchmark program and returns its JSON; shows how far it is when somebody is watching."""
    print(f"\nMeasuring with {program.name} ...", flush=True)
    command = [
        program,
        f"--benchmark_filter={pattern}",
        f"--benchmark_out={output}",
        "--benchmark_out_format=json",
        "--benchmark_color=false",
    ]
    watched = sys.stdout.isatty()
    try:
        with (
            tempfile.TemporaryFile("w+") as complaints,  # and the machine's description, which the JSON has, too
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=complaints, text=True) as process,
        ):
            assert process.stdout is not None
            for line in process.stdout:
                # The console's table gets a line when a benchmark is done.
                if watched and re.match(r"\w+/\S+ ", line):
                    print(f"\r\033[K  {line.split()[0]}", end="", flush=True)
            if watched:
                print("\r\033[K", end="")
            if process.wait() != 0:
                complaints.seek(0)
                sys.stderr.write(complaints.read())
                raise BenchmarkError(f"{program.name} failed with exit code {process.returncode}")
        return json.loads(output.read_text(encoding="utf-8"))
    except OSError as error:
        raise BenchmarkError(f"cannot run {program}: {error.strerror}") from error


def thread_count(benchmark: dict[str, Any]) -> int:
    return int(re.search(r"threads:(\d+)", benchmark["name"])[1])


def percent(fraction: float) -> str:
    return f"{100 * fraction:.0f} %"


def print_network(report: dict[str, Any]) -> None:
    print(f"\n{NETWORK}, one picture, beside what this machine's multiply-add units can do at most:")
    print("  threads  min ms  median ms  GFLOP/s  peak GFLOP/s  share of peak")
    for benchmark in report["benchmarks"]:
        speed, share = benchmark["GFLOP/s"], benchmark["peak_fraction"]
        print(
            f"  {thread_count(benchmark):7}  {benchmark['min_ms']:6.2f}  {benchmark['median_ms']:9.2f}  {speed:7.1f}"
            f"  {speed / share:12.1f}  {percent(share):>13}"
        )


def print_separable(report: dict[str, Any]) -> None:
    """One table per number of threads. The peak fractions show when a slow regular form lifts a gain above theory."""
    benchmarks = report["benchmarks"]
    print("\nRegular 3 x 3 convolution against separable, on the same blocks; theory: 1 / (1/N + 1/9) times faster.")
    for threads in sorted({thread_count(benchmark) for benchmark in benchmarks}):
        title = f"{threads} thread{'s' * (threads > 1)}"
        print(f"\n  {title:20}       times faster             share of peak")
        print(f"  {'':20}  theory  measured  arrived  regular  separable")
        for benchmark in benchmarks:
            if thread_count(benchmark) == threads:
                block = " ".join(benchmark["name"].split("/")[1:3])
                print(
                    f"  {block:20}  {benchmark['theory']:6.1f}  {benchmark['measured']:8.1f}"
                    f"  {percent(benchmark['measured/theory']):>7}  {percent(benchmark['regular_peak_fraction']):>7}"
                    f"  {percent(benchmark['peak_fraction']):>9}"
                )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--programs", type=Path, required=True, help="folder of the benchmark programs")
    parser.add_argument("--output", type=Path, required=True, help="folder for their JSON")
    arguments = parser.parse_args()
    try:
        network = run(arguments.programs / "network_bench", arguments.output / "network_bench.json", NETWORK)
        print_network(network)
        separable = run(arguments.programs / "separable_bench", arguments.output / "separable_bench.json")
        print_separable(separable)
        if any(benchmark["peak_fraction"] > 1 for benchmark in network["benchmarks"] + separable["benchmarks"]):
            print("\nMore than the peak: the machine was busy when its peak was measured. Run this again when it is idle.")
    except BenchmarkError as error:
        print(f"speed: {error}", file=sys.stderr)
        return 1
    except (KeyError, ZeroDivisionError, json.JSONDecodeError) as error:
        print(f"speed: the benchmarks' JSON lacks what is shown here: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

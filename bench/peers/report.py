"""The result of a comparison: as JSON for the plots, and as tables on the console."""

from __future__ import annotations

import os
import statistics
from dataclasses import asdict
from typing import Any

from agreement import INT8_TOLERANCE, TOLERANCE, Difference, QuantisedDifference
from cpu import cpu_name
from networks import LABELS, Network
from rounds import TIMED_RUNS, Measured

Report = dict[str, Any]
PEAKS = {"fp32": "fma_peak", "int8": "dot_peak"}  # in the report, of the multiply-adds of each type
PEAK_NAMES = {"fp32": "FMA", "int8": "dot product"}
FP32 = "tandem_fp32"  # Tandem's own fp32 beside its 8 bits
TANDEM = ("tandem", FP32)
UNITS = {"fp32": "GFLOP/s", "int8": "GOP/s"}


def new_report(rounds: int, type_: str = "fp32") -> Report:
    return {
        "type": type_,
        "machine": {"cpu": cpu_name(), "cores": len(os.sched_getaffinity(0))},
        "rounds": rounds,
        "runs": rounds * TIMED_RUNS,
        "tolerance": TOLERANCE if type_ == "fp32" else INT8_TOLERANCE,
        "engines": {},  # name -> label and what its worker said of itself
        "failures": {},  # name -> why it is missing
        "fma_peak": {},  # threads -> flops per second, the best of all rounds
        **({"dot_peak": {}} if type_ == "int8" else {}),  # likewise, of products of 8 bits
        "bandwidths": [],  # of one thread
        "results": [],
    }


def _agreement(difference: Difference, saturates: bool) -> dict[str, Any]:
    if not isinstance(difference, QuantisedDifference):
        return asdict(difference)
    return {**asdict(difference), "agrees": difference.agrees, "saturates": saturates}


def add_network(report: Report, network: Network, measured: Measured, saturating: set[str]) -> None:
    """Saturating: names of engines, of int8 alone."""
    report["failures"].update(measured.failures)
    report["bandwidths"] = measured.bandwidths
    for type_, peaks in measured.peaks.items():
        best = report[PEAKS[type_]]
        for threads, peak in peaks.items():
            best[str(threads)] = max(peak, best.get(str(threads), 0.0))
    for lane in measured.lanes:
        report["engines"][lane.engine.name] = {"label": lane.engine.label, **lane.about}
        report["results"].append(
            {
                "network": network.name,
                "engine": lane.engine.name,
                "type": lane.engine.type,
                "threads": lane.threads,
                "multiply_adds": network.multiply_adds,
                "min_seconds": min(lane.seconds),
                "median_seconds": statistics.median(lane.seconds),
                **_agreement(
                    max(lane.differences, key=lambda difference: difference.error), lane.engine.name in saturating
                ),
            }
        )


def select(report: Report, network: str, threads: int) -> list[dict[str, Any]]:
    """The results of one table or group of bars; Tandem's first."""
    return [r for r in report["results"] if (r["network"], r["threads"]) == (network, threads)]


def networks(report: Report) -> list[str]:
    return list(dict.fromkeys(r["network"] for r in report["results"]))


def thread_counts(report: Report) -> list[int]:
    return sorted({r["threads"] for r in report["results"]})


def type_of(data: Report | dict[str, Any]) -> str:
    """Of a report or one of its results. Those that name none are older than int8."""
    return data.get("type", "fp32")


def computes_the_same(result: dict[str, Any]) -> bool:
    """As Tandem. In fp32 every engine does, or there is no report."""
    return result.get("agrees", True) and not result.get("saturates", False)


def fastest_other(results: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Of one table, of those that compute the same as Tandem."""
    others = [r for r in results if r["engine"] not in TANDEM and computes_the_same(r)]
    return min(others, key=lambda r: r["min_seconds"], default=None)


def limit(report: Report, result: dict[str, Any]) -> float:
    """The seconds that the network's multiply-adds take at the peak of the result's type."""
    return 2.0 * result["multiply_adds"] / report[PEAKS[type_of(result)]][str(result["threads"])]


def plural(threads: int) -> str:
    return f"{threads} thread{'s' if threads > 1 else ''}"


def print_report(report: Report) -> None:
    machine = report["machine"]
    tandem = report["engines"]["tandem"]
    print(f"{machine['cpu']}, {machine['cores']} cores; Tandem with {tandem['isa']}, built by {tandem['compiler']}")
    for type_, key in PEAKS.items():
        for threads, peak in report.get(key, {}).items():
            print(f"{PEAK_NAMES[type_]} peak, {plural(int(threads))}: {peak * 1e-9:.1f} {UNITS[type_]}")
    for level in report["bandwidths"]:
        size, rate = level["bytes"] / 1024, level["bytes_per_second"] * 1e-9
        print(f"Reading {size:.0f} KiB ({level['level']}), 1 thread: {rate:.1f} GB/s")
    for network in networks(report):
        for threads in thread_counts(report):
            _print_table(report, network, threads)
    for engine, reason in report["failures"].items():
        print(f"\nNot measured: {engine}: {reason}.")
    if type_of(report) == "fp32":
        tolerance = f"{report['tolerance']:.0e} of the greatest logit"
    else:
        tolerance = f"{report['tolerance']} of what quantising changes, in the root mean square"
    outputs = "All outputs" if all(map(computes_the_same, report["results"])) else "All outputs without a mark"
    print(f"\n{report['runs']} runs each, in turns. {outputs} agree within {tolerance}.")


def _mark(result: dict[str, Any]) -> str:
    if computes_the_same(result):
        return ""
    return "  computes another network" + (" (saturates)" if result["saturates"] else "")


def _print_fastest_other(report: Report, results: list[dict[str, Any]]) -> None:
    other = fastest_other(results)
    if other is None:
        print("  No other engine computes the same.")
        return
    by_min, by_median = (other[key] / results[0][key] for key in ("min_seconds", "median_seconds"))
    engine = report["engines"][other["engine"]]["label"]
    print(f"  The fastest other / Tandem: {engine}, min {by_min:.2f}, median {by_median:.2f}")


def _print_table(report: Report, network: str, threads: int) -> None:
    results = select(report, network, threads)
    int8 = type_of(report) == "int8"
    peak = f"{PEAK_NAMES[type_of(report)]} limit {limit(report, results[0]) * 1e3:.2f} ms"
    print(f"\n{LABELS[network]}, {plural(threads)}; {peak}")
    quantised = "  / quantising  logits, steps" if int8 else ""
    print(f"  {'':32} min ms  median ms  / Tandem's min, median  share of peak  deviation{quantised}")
    for r in results:
        engine = report["engines"][r["engine"]]
        name = f"{engine['label']} {engine['version']}"
        by_min = r["min_seconds"] / results[0]["min_seconds"]
        by_median = r["median_seconds"] / results[0]["median_seconds"]
        quantised = f"  {r['share']:12.2f}  {r['differing']:6}, {r['steps']:5}" if int8 else ""
        share = limit(report, r) / r["min_seconds"]
        print(
            f"  {name:32} {r['min_seconds'] * 1e3:6.2f}  {r['median_seconds'] * 1e3:9.2f}"
            f"  {by_min:14.2f}  {by_median:6.2f}  {share:13.2f}  {r['error']:9.1e}{quantised}{_mark(r)}"
        )
    if any(r["engine"] not in TANDEM for r in results):
        _print_fastest_other(report, results)

"""The result of corpus.py: as JSON, and as tables on the console.

A ratio is the time of the other engine / Tandem's: above 1, Tandem is faster.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable
from typing import Any

from cpu import cpu_name
from report import FP32, PEAK_NAMES, TANDEM, UNITS, plural

Report = dict[str, Any]
LayerResult = dict[str, Any]

FASTER = "faster"  # the column of the faster of all other engines
LONG_SECONDS = 20e-6  # shorter layers are mostly fixed costs
WORST = 10


def new_report(rounds: int, threads: list[int], isa: str, type_: str) -> Report:
    return {
        "type": type_,
        "machine": {"cpu": cpu_name(), "cores": len(os.sched_getaffinity(0))},
        "rounds": rounds,
        "threads": threads,
        "isa": isa,  # as asked for; empty: the fastest
        "engines": {},  # name -> label and version
        "failures": {},  # name -> why it is missing
        "peak": {},  # threads -> flops per second, of the type's multiply-adds
        "layers": [],  # the objects of corpus_worker --layers, each with the results of all engines
    }


def result_of(layer: LayerResult, engine: str, threads: int) -> dict[str, Any]:
    return next(r for r in layer["results"] if (r["engine"], r["threads"]) == (engine, threads))


def seconds(layer: LayerResult, engine: str, threads: int) -> float:
    return result_of(layer, engine, threads)["min_seconds"]


def agrees(result: dict[str, Any]) -> bool:
    """With Tandem."""
    return result["error"] <= result["limit"]


def others(report: Report) -> list[str]:
    """The other engines."""
    return [name for name in report["engines"] if name not in TANDEM]


def peers(report: Report) -> list[str]:
    """What Tandem is compared with: its fp32, if it runs on 8 bits, the other engines, and FASTER if they are several."""
    fp32 = [FP32] if FP32 in report["engines"] else []
    return [*fp32, *others(report), *([FASTER] if len(others(report)) > 1 else [])]


def peer_seconds(report: Report, layer: LayerResult, peer: str, threads: int) -> float | None:
    """None if it computes another layer: that time would mean nothing."""
    results = [result_of(layer, name, threads) for name in (others(report) if peer == FASTER else [peer])]
    return min((r["min_seconds"] for r in results if agrees(r)), default=None)


def ratio(report: Report, layer: LayerResult, peer: str, threads: int) -> float | None:
    theirs = peer_seconds(report, layer, peer, threads)
    return None if theirs is None else theirs / seconds(layer, "tandem", threads)


def with_ratio(report: Report, layers: list[LayerResult], peer: str, threads: int) -> list[tuple[LayerResult, float]]:
    """Those of the layers that the peer computes as Tandem does."""
    ratios = ((layer, ratio(report, layer, peer, threads)) for layer in layers)
    return [(layer, r) for layer, r in ratios if r is not None]


def label(report: Report, peer: str) -> str:
    return "the faster" if peer == FASTER else report["engines"][peer]["label"]


def kinds(report: Report) -> list[str]:
    """The most frequent first."""
    count: dict[str, int] = {}
    for layer in report["layers"]:
        count[layer["kind"]] = count.get(layer["kind"], 0) + 1
    return sorted(count, key=lambda kind: (-count[kind], kind))


def geometric_mean(values: Iterable[float]) -> float:
    logarithms = [math.log(v) for v in values]
    return math.exp(sum(logarithms) / len(logarithms))


def print_report(report: Report) -> None:
    if not report["layers"]:
        print("No layer has been measured.")
        return
    engine = report["engines"]["tandem"]
    print(f"{report['machine']['cpu']}, {report['machine']['cores']} cores; Tandem {engine['version']} with {engine['isa']}")
    for name in others(report):
        about = report["engines"][name]
        calls = [r["call_seconds"] for x in report["layers"] for r in x["results"] if r["engine"] == name]
        taken = f"{1e6 * min(calls):.1f} to {1e6 * max(calls):.1f} us"
        print(f"{about['label']} {about['version']}; taken off for a call from Python: {taken}")
    for name, reason in report["failures"].items():
        print(f"Not measured: {name}: {reason}.")
    for threads in report["threads"]:
        peak, type_ = report["peak"][str(threads)], report["type"]
        print(f"\n# {plural(threads)}; {PEAK_NAMES[type_]} peak {1e-9 * peak:.1f} {UNITS[type_]}")
        if peers(report):
            _print_kinds(report, threads)
            _print_networks(report, threads)
            _print_worst(report, threads, WORST)
        _print_predictions(report, threads)


def _mean_worst_slower(ratios: list[float]) -> str:
    if not ratios:
        return f"{'-':>4}  {'-':>4} {'-':>6}"
    return f"{geometric_mean(ratios):4.2f}  {min(ratios):4.2f} {sum(r < 1 for r in ratios):6}"


def _print_groups(report: Report, threads: int, groups: list[tuple[str, list[LayerResult]]]) -> None:
    heads = "".join(f" | {label(report, p):>18}: mean worst slower" for p in peers(report))
    print(f"{'other / Tandem':24} {'layers':>6}{heads} | of peak")
    for title, layers in groups:
        if not layers:
            continue
        cells = ""
        for peer in peers(report):
            ratios = [r for _, r in with_ratio(report, layers, peer, threads)]
            cells += f" | {'':18}  {_mean_worst_slower(ratios)}"
        peak = report["peak"][str(threads)]
        share = geometric_mean(2 * x["multiply_adds"] / seconds(x, "tandem", threads) / peak for x in layers)
        print(f"{title:24} {len(layers):6}{cells} |    {share:.2f}")


def _print_kinds(report: Report, threads: int) -> None:
    layers = report["layers"]
    is_long: Callable[[LayerResult], bool] = lambda x: seconds(x, "tandem", threads) >= LONG_SECONDS  # noqa: E731
    groups = [(kind, [x for x in layers if x["kind"] == kind]) for kind in kinds(report)]
    groups += [("all", layers), ("all of 20 us and more", [x for x in layers if is_long(x)])]
    print()
    _print_groups(report, threads, groups)


def network_totals(report: Report, threads: int) -> dict[str, dict[str, float | None]]:
    """Network -> engine -> the sum over its layers; None if it computes another of them."""
    totals: dict[str, dict[str, float | None]] = {}
    for layer in report["layers"]:
        for network, times in layer["uses"].items():
            row = totals.setdefault(network, {})
            for name in ["tandem", *peers(report)]:
                before, own = row.get(name, 0.0), peer_seconds(report, layer, name, threads)
                row[name] = None if before is None or own is None else before + times * own
    return totals


def _print_networks(report: Report, threads: int) -> None:
    print("\nSum of a network's layers, ms; other / Tandem")
    print(f"{'':24} {'Tandem':>8}" + "".join(f" {label(report, p):>24}" for p in peers(report)))
    for network, row in network_totals(report, threads).items():
        mine = row["tandem"]
        cells = "".join(f" {'-':>24}" if row[p] is None else f" {1e3 * row[p]:17.2f} {row[p] / mine:6.2f}" for p in peers(report))
        print(f"{network:24} {1e3 * mine:8.2f}{cells}")


def _microseconds(result: dict[str, Any]) -> str:
    return f" {1e6 * result['min_seconds']:17.1f}" if agrees(result) else f" {1e6 * result['min_seconds']:16.1f}*"


def _print_worst(report: Report, threads: int, count: int) -> None:
    peer = peers(report)[-1]
    worst = sorted(with_ratio(report, report["layers"], peer, threads), key=lambda pair: pair[1])[:count]
    names = [peer for peer in peers(report) if peer != FASTER]
    stars = not all(agrees(result_of(x, n, threads)) for x, _ in worst for n in names)
    print(f"\nThe {len(worst)} worst against {label(report, peer)}, us{'; *: of another layer' if stars else ''}")
    print(" ratio   Tandem" + "".join(f" {label(report, n):>17}" for n in names) + "  of peak  layer; kernel")
    for x, quotient in worst:
        cells = "".join(_microseconds(result_of(x, n, threads)) for n in names)
        mine = seconds(x, "tandem", threads)
        share = 2 * x["multiply_adds"] / mine / report["peak"][str(threads)]
        kernel = result_of(x, "tandem", threads)["kernel"]
        print(f"  {quotient:4.2f} {1e6 * mine:8.1f}{cells}     {share:.2f}  {x['name']}; {kernel}")


def _print_predictions(report: Report, threads: int) -> None:
    """How far plan()'s time is from the measured one."""
    errors = []
    for layer in report["layers"]:
        result = result_of(layer, "tandem", threads)
        errors.append((result["predicted_seconds"] / result["min_seconds"], layer["name"]))
    factor: Callable[[float], float] = lambda q: max(q, 1 / q)  # noqa: E731
    within = [sum(factor(q) <= limit for q, _ in errors) / len(errors) for limit in (1.5, 3.0)]
    low, high = min(errors), max(errors)
    print(
        f"\nPredicted / measured time: {geometric_mean(q for q, _ in errors):.2f} in the mean; "
        f"{100 * within[0]:.0f} % within 1.5 x, {100 * within[1]:.0f} % within 3 x; "
        f"from {low[0]:.2f} ({low[1]}) to {high[0]:.2f} ({high[1]})"
    )

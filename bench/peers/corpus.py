#!/usr/bin/env python3
"""Tandem beside ONNX Runtime and XNNPACK, layer by layer: every convolution of real networks, alone and hot.

corpus.sh runs it in an environment that has everything it needs.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from compare import positive, suffix
from corpus_layers import load_layers
from corpus_report import LayerResult, Report, agrees, new_report, peers, print_report
from corpus_rounds import Lane, measure_layer, start_lanes
from engines import Engine, EngineError, all_engines
from report import FP32, TANDEM
from rounds import progress

ROUNDS, QUICK_ROUNDS = 20, 4


def complain(message: str) -> None:
    print(f"corpus: {message}", file=sys.stderr)


def tandem_engines(programs: Path, type_: str) -> list[Engine]:
    """First the one that the others are compared with; of 8 bits, then fp32."""
    engines = [Engine("tandem", "Tandem", program=programs / "corpus_worker", type=type_)]
    if type_ == "int8":
        engines.append(Engine(FP32, "Tandem in fp32", program=programs / "corpus_worker"))
    return engines


def usable_engines(programs: Path, report: Report) -> list[Engine]:
    """Tandem and the installed peers. Raises EngineError when Tandem is not built."""
    usable = tandem_engines(programs, report["type"])
    usable[0].check_installed()
    for engine in all_engines(programs):
        if engine.name not in ("onnxruntime", "litert"):
            continue
        try:
            engine.check_installed()
            usable.append(replace(engine, type=report["type"]))
        except EngineError as error:
            report["failures"][engine.name] = str(error)
            complain(f"{engine.label} is left out: {error}")
    return usable


def describe_engines(report: Report, lanes: list[Lane], about: dict[str, Any]) -> None:
    for lane in lanes:
        entry = report["engines"].setdefault(lane.engine.name, {"label": lane.engine.label})
        entry["version"] = lane.about["version"]
    report["engines"]["tandem"] |= {key: about[key] for key in ("isa", "compiler")}


def measure(arguments: argparse.Namespace, report: Report, save: Any) -> None:
    """Fills the report layer by layer. Raises EngineError."""
    layers = load_layers(arguments.programs / "corpus_worker", arguments.filter)
    if not layers:
        raise EngineError(f'--filter: no layer has "{arguments.filter}" in its name, its kind or a network')
    known = {layer["name"] for layer in report["layers"]}
    todo = [layer for layer in layers if layer.name not in known]
    lanes = start_lanes(usable_engines(arguments.programs, report), arguments.threads, arguments.output / "layer")
    deadline = time.monotonic() + arguments.seconds if arguments.seconds else float("inf")
    try:
        for count in arguments.threads:
            peak = lanes[0].worker.ask("peak", threads=count, isa=arguments.isa, type=arguments.type)["flops_per_second"]
            report["peak"][str(count)] = max(peak, report["peak"].get(str(count), 0.0))
        for number, layer in enumerate(todo):
            if time.monotonic() > deadline:
                print(f"{len(todo) - number} layers are left for --resume")
                break
            progress(f"layer {number + 1} of {len(todo)}: {layer.name}")
            results = measure_layer(layer, lanes, arguments.isa, arguments.rounds, arguments.output / "layer")
            report["layers"].append({**layer.description, "results": results})
            if number == 0:
                describe_engines(report, lanes, lanes[0].about)
            save()
    finally:
        progress("")
        for lane in lanes:
            lane.worker.end()


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="corpus.sh", description=__doc__.split("\n\n")[0])

    def option(name: str, metavar: str, text: str, default: Any = None, type: Any = Path) -> None:
        parser.add_argument(name, metavar=metavar, help=text, default=default, type=type)

    types = ("fp32", "int8")
    parser.add_argument("--type", choices=types, default=types[0], help="of tensors and weights (default: %(default)s)")
    counts = lambda text: sorted({positive(n) for n in text.split(",")})  # noqa: E731
    option("--filter", "TEXT", "only layers with this in their name, kind or network", "", str)
    option("--threads", "N,M", "numbers of threads (default: 1)", [1], counts)
    option("--isa", "NAME", "Tandem's; the others keep theirs (default: TANDEM_ISA, else the fastest)", "", str)
    option("--rounds", "N", "turns that each engine gets for a layer (default: %(default)s)", ROUNDS, positive)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_ROUNDS} rounds: noisier figures in a quarter of the time")
    option("--json", "FILE", "what was measured (default: corpus.json or corpus_int8.json in --output)")
    option("--plot", "FILE", "the figure (default: likewise, .svg)")
    parser.add_argument("--resume", action="store_true", help="keep the layers that --json has, and measure the others")
    option("--seconds", "N", "stop after so many seconds, for --resume to go on", None, positive)
    option("--from-json", "FILE", "measure nothing: print and draw a stored result anew")
    option("--output", "DIR", "folder for models and logs (default: %(default)s)", Path("build/peers"))
    option("--programs", "DIR", "folder of corpus_worker (default: %(default)s)", Path("build/release/bench/peers"))
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.rounds = QUICK_ROUNDS
    arguments.json = arguments.json or arguments.output / f"corpus{suffix(arguments.type)}.json"
    return arguments


def start_report(arguments: argparse.Namespace) -> Report:
    """An empty report, or the one to go on with. Raises EngineError when that one was measured in another way."""
    fresh = new_report(arguments.rounds, arguments.threads, arguments.isa, arguments.type)
    if not (arguments.resume and arguments.json.exists()):
        return fresh
    report = json.loads(arguments.json.read_text())
    for key in ("machine", "rounds", "threads", "isa", "type"):
        if report[key] != fresh[key]:
            raise EngineError(f"--resume: {arguments.json} has {key} {report[key]}, not {fresh[key]}")
    return report


def wrong_results(report: Report) -> list[tuple[LayerResult, dict[str, Any]]]:
    return [(layer, r) for layer in report["layers"] for r in layer["results"] if not agrees(r)]


def is_an_error(report: Report, result: dict[str, Any]) -> bool:
    """A wrong result; but sums of other engines' int8 saturate on some CPUs."""
    return report["type"] == "fp32" or result["engine"] in TANDEM


def complain_of(report: Report, layer: LayerResult, result: dict[str, Any]) -> None:
    engine = report["engines"][result["engine"]]["label"]
    error = f"{result['error']:.1e} of the greatest output, and {result['limit']:.1e} is allowed"
    left_out = "" if is_an_error(report, result) else f"; its {1e6 * result['min_seconds']:.1f} us do not count"
    complain(f"{engine} computes another {layer['name']}: {error}{left_out}")


def main() -> int:
    arguments = parse_arguments()
    try:
        if arguments.from_json:
            report = json.loads(arguments.from_json.read_text())
        else:
            report = start_report(arguments)
            arguments.json.parent.mkdir(parents=True, exist_ok=True)
            measure(arguments, report, lambda: arguments.json.write_text(json.dumps(report, indent=1) + "\n"))
        print_report(report)
        draw(report, arguments.plot or arguments.output / f"corpus{suffix(report['type'])}.svg")
    except KeyError as error:
        complain(f"the JSON lacks {error}")
        return 1
    except (EngineError, OSError, json.JSONDecodeError, subprocess.CalledProcessError) as error:
        complain(str(error))
        return 1
    except KeyboardInterrupt:
        return 130
    wrong = wrong_results(report)
    for layer, result in wrong:
        complain_of(report, layer, result)
    return int(any(is_an_error(report, result) for _, result in wrong))


def draw(report: Report, path: Path) -> None:
    if not (report["layers"] and peers(report)):
        return  # no ratio
    try:
        from corpus_plot import draw_kinds
    except ImportError as error:
        complain(f"nothing is drawn: {error}")
        return
    draw_kinds(report, path)
    print(f"Drawn into {path}")


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Tandem side by side with other engines: the same networks, the same weights, the same picture, turn by turn.

compare.sh runs it in an environment that has everything it needs.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from agreement import Disagreement
from engines import Engine, EngineError, all_engines, int8_engines
from networks import LABELS, load_networks
from report import PEAK_NAMES, PEAKS, Report, add_network, new_report, print_report, type_of
from rounds import measure
from saturation import saturating_engines


ENGINES = {"fp32": all_engines, "int8": int8_engines}
BENCH_TYPES = {"fp32": "f32", "int8": "u8s8"}  # as network_bench calls them


def complain(message: str) -> None:
    print(f"compare: {message}", file=sys.stderr)


def usable_engines(arguments: argparse.Namespace, failures: dict[str, str]) -> list[Engine]:
    """Tandem, and those of the engines asked for that are installed. Raises EngineError when Tandem is not built."""
    usable = []
    for engine in ENGINES[arguments.type](arguments.programs):
        if engine.option not in arguments.engines and engine.option != "tandem":
            continue
        try:
            engine.check_installed()
            usable.append(engine)
        except EngineError as error:
            if engine.option == "tandem":
                raise
            failures[engine.name] = str(error)
            complain(f"{engine.label} is left out: {error}")
    return usable


def compare(arguments: argparse.Namespace) -> Report:
    report = new_report(arguments.rounds, arguments.type)
    engines = usable_engines(arguments, report["failures"])
    for network in load_networks(arguments.programs / "tandem_worker"):
        if network.name in arguments.networks:
            print(f"Measuring {LABELS[network.name]} ...", flush=True)
            folder = arguments.output / f"{network.name}{suffix(arguments.type)}"
            int8 = arguments.type == "int8"
            saturating = saturating_engines(network, engines, folder / "saturation") if int8 else set()
            measured = measure(network, engines, arguments.threads, arguments.rounds, folder)
            add_network(report, network, measured, saturating)
    return report


def suffix(type_: str) -> str:
    """Of files and folders: fp32 and int8 do not overwrite each other's."""
    return "" if type_ == "fp32" else f"_{type_}"


def read_layers(path: Path, arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """Those of the networks that are compared; network_bench times more of them."""
    return [layer for layer in json.loads(path.read_text()) if layer["network"] in arguments.networks]


def measure_layers(arguments: argparse.Namespace) -> list[dict[str, Any]] | None:
    """Tandem's layers on one thread, as network_bench times them; None when it cannot."""
    path = arguments.output / f"layers{suffix(arguments.type)}.json"
    print("Measuring Tandem's layers one by one ...", flush=True)
    types = f"--type={BENCH_TYPES[arguments.type]}"
    command = [arguments.programs.parent / "network_bench", "--threads=1", types, f"--layers-json={path}"]
    try:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return read_layers(path, arguments)
    except (OSError, subprocess.CalledProcessError) as error:
        complain(f"the layers are not measured: {error}")
        return None


def draw(report: Report, layers: list[dict[str, Any]] | None, folder: Path) -> None:
    try:
        import plots
    except ImportError as error:
        complain(f"nothing is drawn: {error}")
        return
    folder.mkdir(parents=True, exist_ok=True)
    ending = f"{suffix(type_of(report))}.svg"
    plots.draw_networks(report, folder / f"networks{ending}")
    if layers is None:
        print("The roofline is not drawn: it needs --layers-json.")
    elif not any(layer["threads"] == 1 for layer in layers):
        print("The roofline is not drawn: --layers-json holds no layer on one thread.")
    elif "1" not in report[PEAKS[type_of(report)]]:
        peak = f"{PEAK_NAMES[type_of(report)]} peak"
        print(f"The roofline is not drawn: it needs the {peak} of one thread, and so --threads with 1.")
    else:
        plots.draw_roofline(report, layers, folder / f"roofline{ending}")
    print(f"Drawn into {folder}")


def names(allowed: list[str]) -> Any:
    def parse(text: str) -> list[str]:
        for word in text.split(","):
            if word not in allowed:
                raise argparse.ArgumentTypeError(f"{word!r} is not one of {', '.join(allowed)}")
        return text.split(",")

    return parse


def positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} should be a whole number from 1 on")
    return int(text)


def parse_arguments() -> argparse.Namespace:
    networks, engines = list(LABELS), [engine.option for engine in all_engines(Path())]
    parser = argparse.ArgumentParser(prog="compare.sh", description=__doc__.split("\n\n")[0])

    def option(name: str, metavar: str, text: str, default: Any = None, type: Any = Path) -> None:
        parser.add_argument(name, metavar=metavar, help=text, default=default, type=type)

    parser.add_argument(
        "--type", choices=list(ENGINES), default="fp32", help="what the networks compute with (default: %(default)s)"
    )
    option("--networks", "A,B", f"of {', '.join(networks)} (default: all)", networks, names(networks))
    everyone = f"of {', '.join(engines)} (default: all that are installed; Tandem always runs)"
    option("--engines", "A,B", everyone, engines, names(engines))
    counts = lambda text: sorted({positive(n) for n in text.split(",")})  # noqa: E731
    option("--threads", "N,M", "numbers of threads (default: 1,2)", [1, 2], counts)
    option("--rounds", "N", "turns that each engine gets (default: %(default)s)", 30, positive)
    option("--json", "FILE", "what was measured (default: comparison.json or comparison_int8.json in --output)")
    option("--plots", "DIR", "folder for networks.svg and roofline.svg, or networks_int8.svg ... (default: --output)")
    option("--layers-json", "FILE", "times of Tandem's layers, for the roofline (default: measured now)")
    option("--from-json", "FILE", "measure nothing: print and draw a stored comparison anew")
    option("--output", "DIR", "folder for models and logs (default: %(default)s)", Path("build/peers"))
    programs = Path("build/release/bench/peers")
    option("--programs", "DIR", "folder of the workers that are C++ (default: %(default)s)", programs)
    return parser.parse_args()


def main() -> int:
    arguments = parse_arguments()
    try:
        layers = read_layers(arguments.layers_json, arguments) if arguments.layers_json else None
        if arguments.from_json:
            report = json.loads(arguments.from_json.read_text())
        else:
            report = compare(arguments)
            if layers is None and 1 in arguments.threads:
                layers = measure_layers(arguments)
            path = arguments.json or arguments.output / f"comparison{suffix(arguments.type)}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(report, indent=1) + "\n")
        print_report(report)
        draw(report, layers, arguments.plots or arguments.output)
    except KeyError as error:
        complain(f"the JSON lacks {error}")
        return 1
    except (Disagreement, EngineError, OSError, json.JSONDecodeError, subprocess.CalledProcessError) as error:
        complain(str(error))
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What test_peers.py and test_int8.py share: a small network, and compare.py with workers that compute nothing.

The network has every operator, a stride of 2 and a residual. The workers are small Python programs that speak the
protocol.
"""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import compare
import networks

try:
    import plots  # noqa: F401

    NO_PLOTS = ""
except (ImportError, KeyError) as error:
    NO_PLOTS = str(error)

SAME = {"top": 1, "bottom": 1, "left": 1, "right": 1}
LOPSIDED = {"top": 0, "bottom": 1, "left": 0, "right": 1}
NONE = {"top": 0, "bottom": 0, "left": 0, "right": 0}
PREPROCESS = {  # for tandem_worker's reader; random pictures do not need it
    "channel_order": "rgb",
    "crop": {"kind": "center_square", "fraction_of_short_side": 1.0},
    "resize": {"interpolation": "bicubic", "cubic_a": -0.75, "half_pixel_centers": False, "antialias": False},
    "mean": [127.0] * 3,
    "std": [128.0] * 3,
}


def stage(name: str, op: str, src: int, dst: int, kernel: int, stride: int, padding: dict, relu6: bool = True) -> dict:
    return {
        "role": name.rsplit(".")[-1],
        "op": op,
        "kernel": [kernel, kernel],
        "stride": [stride, stride],
        "padding": padding,
        "src_channels": src,
        "dst_channels": dst,
        "activation": "relu6" if relu6 else "none",
        "filter": f"{name}.weight",
        "bias": f"{name}.bias",
    }


def small_network() -> networks.Network:
    stem = [stage("stem", "conv2d", 3, 8, 3, 2, LOPSIDED)]
    block = [
        stage("block.expand", "pointwise", 8, 16, 1, 1, NONE),
        stage("block.depthwise", "depthwise", 16, 16, 3, 1, SAME),
        stage("block.project", "pointwise", 16, 8, 1, 1, NONE, relu6=False),
    ]
    head = [stage("head", "pointwise", 8, 12, 1, 1, NONE)]
    classifier = [stage("classifier", "fully_connected", 12, 5, 1, 1, NONE, relu6=False)]
    layers = [
        ("stem", "conv2d", [8, 8, 3], [4, 4, 8], stem),
        ("block", "inverted_residual", [4, 4, 8], [4, 4, 8], block),
        ("head", "pointwise", [4, 4, 8], [4, 4, 12], head),
        ("pool", "global_average_pool", [4, 4, 12], [1, 1, 12], []),
        ("classifier", "fully_connected", [1, 1, 12], [1, 1, 5], classifier),
    ]
    description = {
        "format_version": 1,
        "name": "small",
        "source": "a test",
        "input": {"layout": "nhwc", "shape": [1, 8, 8, 3]},
        "preprocess": PREPROCESS,
        "output": {"kind": "logits", "classes": 5},
        "filter_layout": "oihw",
        "layers": [
            {"name": name, "op": op, "src": src, "dst": dst, "residual": op == "inverted_residual", "stages": stages}
            for name, op, src, dst, stages in layers
        ],
    }
    return networks.Network("small", description, networks.draw_weights(description))


WORKER = """#!{python}
import json, shutil, sys
if sys.argv[1:] == ["--networks"]:
    print(json.dumps([{network}]))
    sys.exit()
for line in sys.stdin:
    request = json.loads(line)
    if request["command"] == "load":
        at_the_ends = request["type"] == "int8" and "saturation" in request["folder"]
        loaded = "saturation" if at_the_ends else request["type"]
    if request["command"] == "describe":
        shutil.copy({described!r}, request["file"])
    print(json.dumps({answers}[request.get("type", loaded)][request["command"]]), flush=True)
"""
BENCH = """#!{python}
import json, sys
path = next(a for a in sys.argv if a.startswith("--layers-json=")).split("=", 1)[1]
layer = {{"network": "mobilenet_v1", "threads": 1, "op": "conv2d", "multiply_adds": 1000, "bytes": 500}}
json.dump([dict(layer, seconds_in_network=2e-6, seconds_alone=1e-6)], open(path, "w"))
"""
ANSWERS = {
    "load": {"version": "1", "isa": "avx2", "compiler": "none"},
    "run": {"seconds": [2e-3, 1e-3]},
    "output": {"output": [1.0, 2.0]},
    "peak": {"flops_per_second": 1e11},
    "describe": {},
    "bandwidths": {"levels": [{"level": "L1", "bytes": 1024, "bytes_per_second": 1e11}]},
}


class CompareTestCase(unittest.TestCase):
    """compare.py from end to end, where no Python package of any engine is installed."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.output, self.bench = Path(folder.name, "output"), Path(folder.name, "bench")
        (self.bench / "peers").mkdir(parents=True)
        self.write_program("network_bench", BENCH)
        self.write_worker("tandem_worker", ANSWERS)

    def write_program(self, name: str, text: str, **values: object) -> None:
        path = self.bench / name
        path.write_text(text.format(python=sys.executable, **values))
        path.chmod(0o755)

    def write_worker(
        self,
        name: str,
        fp32: dict,
        int8: dict | None = None,
        described: Path | None = None,
        saturation: dict | None = None,
    ) -> None:
        """With its answers in each type, what it hands out as the description of its quantised network, and its answers of int8
        where sums may saturate, if they are others."""
        network = {**small_network().description, "name": "mobilenet_v1", "multiply_adds": 50_000_000}
        answers = {"fp32": fp32, "int8": int8, "saturation": saturation or int8}
        self.write_program(f"peers/{name}", WORKER, network=network, answers=answers, described=str(described))

    def compare(self, *options: str) -> tuple[int, str]:
        """Exit code, and what was printed."""
        printed = io.StringIO()
        command = ["compare.py", f"--programs={self.bench / 'peers'}", f"--output={self.output}", "--rounds=1", *options]
        with (
            mock.patch("engines.find_spec", return_value=None),
            mock.patch("sys.argv", command),
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(printed),
        ):
            code = compare.main()
        return code, printed.getvalue()

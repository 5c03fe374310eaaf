"""Whether an engine's sums of 8-bit products saturate, so that it computes another network than the quantised one.

Some engines add two products of u8 and s8 in 16 bits on CPUs without dot products, where 2 x 255 x 127 = 64770 becomes 32767.
Ordinary weights seldom make such sums, so the logits alone do not tell them from other roundings. Here picture and weights are
the greatest of their types, and the first sum that saturates is half of what it should be.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engines import Engine
from networks import INPUT, Network
from rounds import logits_of, prepare

# Of the logits from Tandem's, as a share of the greatest. Roundings of residual sums and means give some steps of 1 / 255.
LIMIT = 0.1


def at_the_end_of_its_types(network: Network) -> Network:
    """The picture is 1 everywhere and each filter a mean, so outputs are 1 as well, but for borders and sums with a residual:
    quantised, weights are 127 and nearly all inputs 255."""
    tensors = {INPUT: np.ones_like(network.tensors[INPUT])}
    for step in network.steps:
        if step.filter_shape:
            tensors[f"{step.name}.weight"] = np.full(step.filter_shape, 1 / np.prod(step.filter_shape[1:]), np.float32)
            tensors[f"{step.name}.bias"] = np.zeros(step.dst_channels, np.float32)
    return Network(network.name, network.description, tensors)


def differs(output: np.ndarray, expected: np.ndarray) -> bool:
    """Logits of that network."""
    same = output.shape == expected.shape and np.max(np.abs(output - expected)) <= LIMIT * np.max(np.abs(expected))
    return not same  # so that NaN differs


def saturating_engines(network: Network, engines: list[Engine], folder: Path) -> set[str]:
    """Names of those that run and saturate. Raises EngineError when Tandem cannot run."""
    lanes = prepare(at_the_end_of_its_types(network), engines, [1], folder, {})
    try:
        outputs = {lane.engine.name: logits_of(lane) for lane in lanes}
    finally:
        for lane in lanes:
            lane.worker.end()
    return {name for name, output in outputs.items() if differs(output, outputs["tandem"])}

"""What a quantised network computes, by the formulas of include/tandem/params.hpp, for the tests. Slow; in NHWC."""

from __future__ import annotations

import numpy as np

from networks import INPUT, Network, Step
from quantised import Quantization, QuantisedNetwork, conv_output, quantise_weights, quantization_of

F32 = np.float32


def _to_u8(real_steps: np.ndarray, q: Quantization) -> np.ndarray:
    """real_steps: in units of the scale."""
    return np.clip(np.rint(real_steps).astype(np.int64) + q.zero_point, 0, 255)


def _sums(network: QuantisedNetwork, step: Step, src: np.ndarray) -> np.ndarray:
    """[H, W, M], exact. Padding is the zero point: it adds nothing."""
    centred = src - network.types[step.src].zero_point
    weights = network.filter(step).astype(np.int64)
    if step.op == "fully_connected":
        return centred.reshape(1, 1, -1) @ weights.T + network.bias(step)
    top, left, bottom, right = step.padding
    padded = np.pad(centred, ((top, bottom), (left, right), (0, 0)))
    sums = np.zeros((step.dst_size, step.dst_size, step.dst_channels), np.int64) + network.bias(step)
    end = (step.dst_size - 1) * step.stride + 1
    for ky in range(step.kernel):
        for kx in range(step.kernel):
            pixels = padded[ky : ky + end : step.stride, kx : kx + end : step.stride]
            tap = weights[:, :, ky, kx]
            sums += pixels * tap[:, 0] if step.op == "depthwise" else pixels @ tap.T
    return sums


def _with_weights(network: QuantisedNetwork, step: Step, src: np.ndarray) -> np.ndarray:
    sums, scales = _sums(network, step, src).astype(F32), network.bias_scales(step)
    if step.op == "fully_connected":
        return sums * scales
    q = network.types[conv_output(step)]
    return _to_u8(sums * (scales / F32(q.scale)), q)


def _pool(network: QuantisedNetwork, step: Step, src: np.ndarray) -> np.ndarray:
    of_src, q = network.types[step.src], network.types[step.name]
    total = (src - of_src.zero_point).sum(axis=(0, 1), keepdims=True).astype(F32)
    count = F32(1) / F32(src.shape[0] * src.shape[1])
    return _to_u8(total * (F32(of_src.scale) / F32(q.scale) * count), q)


def _add(network: QuantisedNetwork, step: Step, conv: np.ndarray, residual: np.ndarray) -> np.ndarray:
    q = network.types[step.name]
    parts = []
    for values, name in ((conv, conv_output(step)), (residual, step.residual)):
        of_part = network.types[name]
        parts.append((values - of_part.zero_point).astype(F32) * (F32(of_part.scale) / F32(q.scale)))
    return _to_u8(parts[0] + parts[1], q)


def logits(network: QuantisedNetwork) -> np.ndarray:
    """Of the network's picture, in fp32."""
    q = network.types[INPUT]
    values = {INPUT: _to_u8(network.network.tensors[INPUT][0] / F32(q.scale), q)}
    for step in network.steps:
        src = values[step.src]
        if step.op == "global_average_pool":
            values[step.name] = _pool(network, step, src)
            continue
        values[step.name] = _with_weights(network, step, src)
        if step.residual:
            values[step.name] = _add(network, step, values[step.name], values[step.residual])
    return values[network.steps[-1].name].ravel()


def _type(extent: float, zero_point: int) -> Quantization:
    return Quantization(float(F32(extent / 255)), zero_point)


def quantise(network: Network) -> QuantisedNetwork:
    """Weights by channel, and types that are roughly right, since no engine asks how a network came by them."""
    types = {INPUT: quantization_of(network.tensors[INPUT])}
    tensors: dict[str, np.ndarray] = {}
    for step in network.steps:
        # Activations have a variance of about one.
        types[conv_output(step)] = _type(6, 0) if step.relu6 else _type(8, 128)
        if step.residual:
            types[step.name] = _type(10, 120)
        if not step.filter_shape:
            types[step.name] = types[step.src]
            continue
        weights = quantise_weights(network.filter(step), network.bias(step), types[step.src])
        for name, tensor in zip(("weight", "scales", "bias"), weights, strict=True):
            tensors[f"{step.name}.{name}"] = tensor
    return QuantisedNetwork(network, types, tensors)

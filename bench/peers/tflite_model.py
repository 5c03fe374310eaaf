"""A network as TFLite, for LiteRT: NHWC, filters OHWI and 1HWC, activations fused as its converter would fuse them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from networks import INPUT, Network, Step
from quantised import QuantisedNetwork

SCHEMA_VERSION = 3
TYPES = {"float32": schema.TensorType.FLOAT32, "int32": schema.TensorType.INT32, "int8": schema.TensorType.INT8}


class Builder:
    """Collects tensors, buffers, operator codes and operators, which refer to each other by index."""

    def __init__(self) -> None:
        self.buffers = [schema.BufferT()]  # the first one is empty by convention: "no constant data"
        self.tensors: list[Any] = []
        self.codes: list[Any] = []
        self.operators: list[Any] = []
        self.index: dict[str, int] = {}

    def tensor(self, name: str, shape: tuple[int, ...], values: np.ndarray | None = None) -> int:
        tensor = schema.TensorT()
        tensor.name, tensor.shape = name, list(shape)
        tensor.type = TYPES[values.dtype.name] if values is not None else schema.TensorType.FLOAT32
        tensor.buffer = 0
        if values is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(np.ascontiguousarray(values).tobytes(), np.uint8)
            tensor.buffer = len(self.buffers)
            self.buffers.append(buffer)
        self.index[name] = len(self.tensors)
        self.tensors.append(tensor)
        return self.index[name]

    def operator(self, kind: str, inputs: list[int], output: int, options_type: str, options: Any) -> None:
        builtin = getattr(schema.BuiltinOperator, kind)
        code = next((i for i, known in enumerate(self.codes) if known.builtinCode == builtin), None)
        if code is None:
            code = len(self.codes)
            known = schema.OperatorCodeT()
            known.builtinCode = known.deprecatedBuiltinCode = builtin
            known.version = 1
            self.codes.append(known)
        operator = schema.OperatorT()
        operator.opcodeIndex, operator.inputs, operator.outputs = code, inputs, [output]
        operator.builtinOptionsType = getattr(schema.BuiltinOptions, options_type)
        operator.builtinOptions = options
        self.operators.append(operator)


def _activation(step: Step) -> int:
    return schema.ActivationFunctionType.RELU6 if step.relu6 else schema.ActivationFunctionType.NONE


def add_step(builder: Builder, network: Network | QuantisedNetwork, step: Step) -> None:
    src = builder.index[step.src]
    if step.op == "global_average_pool":
        options = schema.ReducerOptionsT()
        options.keepDims = False
        axes = builder.tensor(f"{step.name}.axes", (2,), np.array([1, 2], np.int32))
        dst = builder.tensor(step.name, (1, step.dst_channels))
        builder.operator("MEAN", [src, axes], dst, "ReducerOptions", options)
        return

    filter_, bias = network.filter(step), network.bias(step)
    if step.op == "fully_connected":
        kind, options_type, options = "FULLY_CONNECTED", "FullyConnectedOptions", schema.FullyConnectedOptionsT()
        shape: tuple[int, ...] = (1, step.dst_channels)
    else:
        if step.op == "depthwise":
            kind, options_type = "DEPTHWISE_CONV_2D", "DepthwiseConv2DOptions"
            options = schema.DepthwiseConv2DOptionsT()
            options.depthMultiplier = 1
            filter_ = filter_.transpose(1, 2, 3, 0)
        else:
            kind, options_type, options = "CONV_2D", "Conv2DOptions", schema.Conv2DOptionsT()
            filter_ = filter_.transpose(0, 2, 3, 1)
        # The format has no explicit padding, but the SAME of the tables is TFLite's own.
        options.padding = schema.Padding.SAME
        options.strideH = options.strideW = step.stride
        options.dilationHFactor = options.dilationWFactor = 1
        shape = (1, step.dst_size, step.dst_size, step.dst_channels)
    options.fusedActivationFunction = _activation(step)

    inputs = [src, builder.tensor(f"{step.name}.weight", filter_.shape, filter_)]
    inputs.append(builder.tensor(f"{step.name}.bias", bias.shape, bias))
    dst = builder.tensor(f"{step.name}.conv" if step.residual else step.name, shape)
    builder.operator(kind, inputs, dst, options_type, options)
    if step.residual:
        add = schema.AddOptionsT()
        add.fusedActivationFunction = schema.ActivationFunctionType.NONE
        total = builder.tensor(step.name, shape)
        builder.operator("ADD", [dst, builder.index[step.residual]], total, "AddOptions", add)


def save(builder: Builder, dst: str, path: Path, src: str = INPUT) -> None:
    """The model from the tensor `src` to the tensor `dst`."""
    graph = schema.SubGraphT()
    graph.tensors, graph.operators = builder.tensors, builder.operators
    graph.inputs, graph.outputs = [builder.index[src]], [builder.index[dst]]
    model = schema.ModelT()
    model.version = SCHEMA_VERSION
    model.subgraphs, model.buffers, model.operatorCodes = [graph], builder.buffers, builder.codes
    output = flatbuffers.Builder(1 << 20)
    output.Finish(model.Pack(output), file_identifier=b"TFL3")
    path.write_bytes(output.Output())


def write(network: Network, folder: Path) -> None:
    builder = Builder()
    builder.tensor(INPUT, network.tensors[INPUT].shape)
    for step in network.steps:
        add_step(builder, network, step)
    save(builder, network.steps[-1].name, folder / "model.tflite")

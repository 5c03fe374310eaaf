"""Small TFLite models for tests: a graph is written operator by operator, with weights drawn from a seed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

SCHEMA_VERSION = 3
TYPES = {
    np.dtype(np.float32): schema.TensorType.FLOAT32,
    np.dtype(np.float16): schema.TensorType.FLOAT16,
    np.dtype(np.int32): schema.TensorType.INT32,
    np.dtype(np.int64): schema.TensorType.INT64,
    np.dtype(np.int8): schema.TensorType.INT8,
    np.dtype(np.uint8): schema.TensorType.UINT8,
}
# The table of an operator's options, where it is not its own name in another spelling.
OPTIONS = {
    "AVERAGE_POOL_2D": "Pool2DOptions", "MAX_POOL_2D": "Pool2DOptions", "CONV_2D": "Conv2DOptions",
    "DEPTHWISE_CONV_2D": "DepthwiseConv2DOptions", "MEAN": "ReducerOptions", "MAXIMUM": "MaximumMinimumOptions",
    "MINIMUM": "MaximumMinimumOptions", "PADV2": "PadV2Options",
}


def _options_name(kind: str) -> str:
    name = OPTIONS.get(kind, "".join(part.capitalize() for part in kind.split("_")) + "Options")
    return name if hasattr(schema, name + "T") else ""


class Model:
    """Tensors and operators, which refer to each other by the tensors' numbers."""

    def __init__(self, seed: int = 1) -> None:
        self.random = np.random.default_rng(seed)
        self.graph = schema.SubGraphT()
        self.graph.tensors, self.graph.operators = [], []
        self.graph.inputs, self.graph.outputs = [], []
        self.buffers = [schema.BufferT()]  # the first one is empty by convention: "no constant data"
        self.codes: list[Any] = []

    def tensor(self, shape: tuple[int, ...], dtype: Any = np.float32, signature: tuple[int, ...] | None = None) -> int:
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.type = f"t{len(self.graph.tensors)}", list(shape), TYPES[np.dtype(dtype)]
        tensor.buffer = 0
        if signature is not None:
            tensor.shapeSignature = list(signature)
        self.graph.tensors.append(tensor)
        return len(self.graph.tensors) - 1

    def input(self, shape: tuple[int, ...], dtype: Any = np.float32, signature: tuple[int, ...] | None = None) -> int:
        self.graph.inputs.append(self.tensor(shape, dtype, signature))
        return self.graph.inputs[-1]

    def constant(self, values: Any, dtype: Any = None) -> int:
        values = np.ascontiguousarray(values, dtype)
        number = self.tensor(values.shape, values.dtype)
        self._fill(number, values)
        return number

    def _fill(self, number: int, values: np.ndarray) -> None:
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(values.tobytes(), np.uint8)
        self.graph.tensors[number].buffer = len(self.buffers)
        self.buffers.append(buffer)

    def draw(self, *shape: int, scale: float = 1.0) -> np.ndarray:
        return (self.random.standard_normal(shape) * scale).astype(np.float32)

    def weights(self, *shape: int) -> int:
        """A constant whose products with inputs of about 1 sum to about 1."""
        return self.constant(self.draw(*shape, scale=(2 / max(1, np.prod(shape[1:]))) ** 0.5))

    def quantised(self, values: np.ndarray, scales: list[float], zero_points: list[int], axis: int = 0) -> int:
        number = self.constant(values)
        quantization = schema.QuantizationParametersT()
        quantization.scale, quantization.zeroPoint, quantization.quantizedDimension = scales, zero_points, axis
        self.graph.tensors[number].quantization = quantization
        return number

    def sparse(self, dense: np.ndarray) -> int:
        """A constant [rows, ...] of which each row lists its elements that are not 0."""
        rows = dense.reshape(dense.shape[0], -1)
        number = self.tensor(dense.shape, dense.dtype)
        self._fill(number, rows[rows != 0])
        sparsity = schema.SparsityParametersT()
        sparsity.traversalOrder = list(range(dense.ndim))
        sparsity.blockMap = []
        sparsity.dimMetadata = []
        # All axes but the last are dense: the list of each innermost row follows.
        inner = dense.reshape(-1, dense.shape[-1])
        for size in dense.shape[:-1]:
            level = schema.DimensionMetadataT()
            level.format, level.denseSize = schema.DimensionType.DENSE, size
            sparsity.dimMetadata.append(level)
        last = schema.DimensionMetadataT()
        last.format, last.denseSize = schema.DimensionType.SPARSE_CSR, 0
        segments, indices = schema.Int32VectorT(), schema.Int32VectorT()
        segments.values = [0, *np.cumsum([np.count_nonzero(row) for row in inner]).tolist()]
        indices.values = np.concatenate([np.flatnonzero(row) for row in inner]).tolist()
        last.arraySegmentsType = last.arrayIndicesType = schema.SparseIndexVector.Int32Vector
        last.arraySegments, last.arrayIndices = segments, indices
        sparsity.dimMetadata.append(last)
        self.graph.tensors[number].sparsity = sparsity
        return number

    def op(self, kind: str, inputs: list[int], *shapes: tuple[int, ...], version: int = 1, dtype: Any = np.float32,
           **options: Any) -> Any:
        """Adds an operator; returns the number of its output, or a list if it has several."""
        operator = schema.OperatorT()
        operator.opcodeIndex = self._code(kind, version)
        operator.inputs = inputs
        operator.outputs = [self.tensor(shape, dtype) for shape in shapes]
        if name := _options_name(kind):
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, name)
            operator.builtinOptions = getattr(schema, name + "T")()
            for option, value in options.items():
                if not hasattr(operator.builtinOptions, option):
                    raise AttributeError(f"{name} has no {option}")
                setattr(operator.builtinOptions, option, value)
        self.graph.operators.append(operator)
        return operator.outputs[0] if len(operator.outputs) == 1 else operator.outputs

    def _code(self, kind: str, version: int) -> int:
        builtin = getattr(schema.BuiltinOperator, kind)
        for i, known in enumerate(self.codes):
            if (known.builtinCode, known.version) == (builtin, version):
                return i
        code = schema.OperatorCodeT()
        code.builtinCode, code.version = builtin, version
        code.deprecatedBuiltinCode = min(builtin, 127)
        self.codes.append(code)
        return len(self.codes) - 1

    def conv(self, x: int, out: int, kernel: int = 1, stride: int = 1, *, same: bool = True, activation: str = "NONE",
             filter_: int | None = None, bias: int | None = None, dilation: int = 1, groups: int = 1) -> int:
        n, h, w, c = self.graph.tensors[x].shape
        size = [conv_size(side, kernel, stride, dilation, same) for side in (h, w)]
        filter_ = self.weights(out, kernel, kernel, c // groups) if filter_ is None else filter_
        bias = self.constant(self.draw(out)) if bias is None else bias
        return self.op("CONV_2D", [x, filter_, bias], (n, *size, out), padding=0 if same else 1, strideH=stride,
                       strideW=stride, dilationHFactor=dilation, dilationWFactor=dilation,
                       fusedActivationFunction=activation_code(activation))

    def depthwise(self, x: int, kernel: int = 3, stride: int = 1, *, same: bool = True, multiplier: int = 1,
                  activation: str = "NONE", filter_: int | None = None, bias: int | None = None,
                  dilation: int = 1) -> int:
        n, h, w, c = self.graph.tensors[x].shape
        size = [conv_size(side, kernel, stride, dilation, same) for side in (h, w)]
        if filter_ is None:
            filter_ = self.constant(self.draw(1, kernel, kernel, c * multiplier, scale=1 / kernel))
        bias = self.constant(self.draw(c * multiplier)) if bias is None else bias
        return self.op("DEPTHWISE_CONV_2D", [x, filter_, bias], (n, *size, c * multiplier), padding=0 if same else 1,
                       strideH=stride, strideW=stride, dilationHFactor=dilation, dilationWFactor=dilation,
                       depthMultiplier=multiplier, fusedActivationFunction=activation_code(activation))

    def shape(self, tensor: int) -> tuple[int, ...]:
        return tuple(self.graph.tensors[tensor].shape)

    def save(self, path: Path, *outputs: int) -> Path:
        self.graph.outputs = list(outputs)
        model = schema.ModelT()
        model.version = SCHEMA_VERSION
        model.subgraphs, model.buffers, model.operatorCodes = [self.graph], self.buffers, self.codes
        output = flatbuffers.Builder(1 << 16)
        output.Finish(model.Pack(output), file_identifier=b"TFL3")
        path.write_bytes(output.Output())
        return path


def activation_code(name: str) -> int:
    return getattr(schema.ActivationFunctionType, name)


def conv_size(size: int, kernel: int, stride: int, dilation: int, same: bool) -> int:
    """TensorFlow's SAME and VALID."""
    return -(-size // stride) if same else -(-(size - dilation * (kernel - 1)) // stride)


def face_like(path: Path, half: bool = True, size: int = 32) -> Path:
    """A detector in the manner of BlazeFace: fp16 weights, residuals with more channels, two heads at two sizes."""
    m = Model(7)

    def stored(values: np.ndarray) -> int:
        if not half:
            return m.constant(values)
        return m.op("DEQUANTIZE", [m.constant(values, np.float16)], values.shape, version=2)

    def block(x: int, out: int, stride: int = 1) -> int:
        c = m.shape(x)[3]
        y = m.depthwise(x, 3, stride, filter_=stored(m.draw(1, 3, 3, c, scale=0.3)), bias=stored(m.draw(c)))
        y = m.conv(y, out, filter_=stored(m.draw(out, 1, 1, c, scale=0.2)), bias=stored(m.draw(out)))
        if stride == 2:
            n, h, w, c = m.shape(x)
            x = m.op("MAX_POOL_2D", [x], (n, h // 2, w // 2, c), padding=1, strideH=2, strideW=2, filterHeight=2,
                     filterWidth=2)
        if out > c:
            x = m.op("PAD", [x, m.constant([[0, 0], [0, 0], [0, 0], [0, out - c]], np.int32)], m.shape(y))
        return m.op("RELU", [m.op("ADD", [x, y], m.shape(y))], m.shape(y))

    x = m.input((1, size, size, 3))
    x = m.conv(x, 24, 5, 2, filter_=stored(m.draw(24, 5, 5, 3, scale=0.2)), bias=stored(m.draw(24)), activation="RELU")
    x = block(block(block(x, 24), 28), 32, 2)
    heads = []
    for _ in range(2):
        x = block(x, 48, 2)
        n, h, w, _ = m.shape(x)
        y = m.conv(x, 6, filter_=stored(m.draw(6, 1, 1, 48, scale=0.2)), bias=stored(m.draw(6)))
        heads.append(m.op("RESHAPE", [y, m.constant([1, -1, 3], np.int32)], (n, 2 * h * w, 3), newShape=[1, -1, 3]))
    anchors = sum(m.shape(head)[1] for head in heads)
    return m.save(path, m.op("CONCATENATION", heads, (1, anchors, 3), axis=1))

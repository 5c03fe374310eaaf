"""A layer in the form that each engine likes best: a folder with its model and its input, for the engine's worker.

Each engine computes with its data in its own layout, as it does in the middle of a network: no time goes into conversions.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from corpus_layers import Axis, Layer
from networks import INPUT, write_tensors

Restore = Callable[[np.ndarray], np.ndarray]  # from the engine's output to [N, OH, OW, M]

OPSET, IR_VERSION = 13, 8
NCHWC = "com.microsoft.nchwc"


def write_tandem(layer: Layer, folder: Path) -> Restore:
    write_tensors(folder / "model.safetensors", layer.tensors)
    return lambda dst: dst.reshape(layer.dst_shape)


def _conv_attributes(layer: Layer) -> dict[str, Any]:
    rows, columns = layer.axes
    return {
        "kernel_shape": [rows.kernel, columns.kernel],
        "strides": [rows.stride, columns.stride],
        "dilations": [rows.dilation, columns.dilation],
        "pads": [rows.before, columns.before, rows.after, columns.after],
        "group": layer.groups,
    }


def onnx_layer(layer: Layer, operator: str, inputs: list[str], domain: str, constants: dict[str, np.ndarray], type_: int):
    """A model of one operator, from tensor INPUT to tensor dst."""
    from onnx import helper, numpy_helper

    n, h, w, c = layer.src_shape
    _, oh, ow, m = layer.dst_shape
    attributes = {"transB": 1} if layer.is_gemm else _conv_attributes(layer)
    src, dst = ([n * h * w, c], [n * h * w, m]) if layer.is_gemm else ([n, c, h, w], [n, m, oh, ow])
    graph = helper.make_graph(
        [helper.make_node(operator, inputs, ["dst"], domain=domain, **attributes)],
        "layer",
        [helper.make_tensor_value_info(INPUT, type_, src)],
        [helper.make_tensor_value_info("dst", type_, dst)],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in constants.items()],
    )
    opsets = [helper.make_opsetid("", OPSET), *([helper.make_opsetid(domain, 1)] if domain else [])]
    return helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)


def _onnx_layer(layer: Layer):
    from onnx import TensorProto

    filter_, inputs = layer.tensors["filter"], [INPUT, "filter", "bias"]
    if layer.is_gemm:
        filter_ = filter_.reshape(filter_.shape[:2])
    constants = {"filter": filter_, "bias": layer.tensors["bias"]}
    return onnx_layer(layer, "Gemm" if layer.is_gemm else "Conv", inputs, "", constants, TensorProto.FLOAT)


def keep_one(graph, node, src: tuple[int, ...], dst: tuple[int, ...]) -> None:
    """Takes off all other nodes: what remains goes from INPUT to dst, in the layout of this node."""
    node.input[0], node.output[0] = INPUT, "dst"
    del graph.node[:]
    graph.node.append(node)
    graph.output[0].name = "dst"
    for value, shape in ((graph.input[0], src), (graph.output[0], dst)):
        for dim, size in zip(value.type.tensor_type.shape.dim, shape, strict=True):
            dim.dim_value = size


def optimise(model, folder: Path):
    """The model as ONNX Runtime rewrites it for this CPU."""
    import onnx
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.optimized_model_filepath = str(folder / "optimised.onnx")
    options.log_severity_level = 3  # it warns that such a file fits this CPU alone
    options.intra_op_num_threads = 1
    onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return onnx.load(folder / "optimised.onnx")


@cache
def _block_channels(folder: Path) -> int:
    """The channels of a block of ONNX Runtime's layout NCHWc: as few as a convolution to 8 channels is filled up to."""
    probe = Layer(
        {
            "name": "probe",
            "op": "conv",
            "input_nhwc": [1, 4, 4, 64],
            "filter_oihw": [8, 64, 1, 1],
            "stride": [1, 1],
            "dilation": [1, 1],
            "pads_tlbr": [0, 0, 0, 0],
            "groups": 1,
        }
    )
    filters = {tuple(i.dims) for i in optimise(_onnx_layer(probe), folder).graph.initializer if len(i.dims) == 4}
    return filters.pop()[0]


def _to_blocks(nhwc: np.ndarray, channels: int, block: int) -> np.ndarray:
    """[N, H, W, C] -> NCHWc, filled up to `channels`, as if it were NHWC that a worker turns into NCHW."""
    n, h, w, c = nhwc.shape
    full = np.zeros((n, h, w, channels), np.float32)
    full[..., :c] = nhwc
    blocks = full.reshape(n, h, w, channels // block, block).transpose(0, 3, 1, 2, 4)
    return np.ascontiguousarray(blocks).reshape(n, channels, h, w).transpose(0, 2, 3, 1)


def write_onnxruntime(layer: Layer, folder: Path) -> Restore:
    """ONNX Runtime turns convolutions into its layout NCHWc and converts at the borders of the model. The conversions
    are taken off, since in a network they stand at its borders alone."""
    import onnx

    whole = _onnx_layer(layer)
    src, (n, oh, ow, m) = layer.tensors[INPUT], layer.dst_shape
    if layer.is_gemm:
        onnx.save(whole, folder / "model.onnx")
        write_tensors(folder / "model.safetensors", {INPUT: src.reshape(-1, src.shape[-1])})
        return lambda dst: dst.reshape(layer.dst_shape)

    model = optimise(whole, folder)
    graph = model.graph
    conv = next(node for node in graph.node if node.op_type == "Conv")
    if conv.domain != NCHWC:
        onnx.save(whole, folder / "model.onnx")
        write_tensors(folder / "model.safetensors", {INPUT: src})
        return lambda dst: dst.reshape(n, m, oh, ow).transpose(0, 2, 3, 1)

    block = _block_channels(folder.parent)
    dims = next(i.dims for i in graph.initializer if i.name == conv.input[1])
    blocked = any(node.op_type == "ReorderInput" for node in graph.node)
    if blocked:
        groups = next(a.i for a in conv.attribute if a.name == "group")
        src = _to_blocks(src, dims[1] * groups, block)
    keep_one(graph, conv, (n, src.shape[3], *src.shape[1:3]), (n, dims[0], oh, ow))
    onnx.save(model, folder / "model.onnx")
    write_tensors(folder / "model.safetensors", {INPUT: src})

    def restore(dst: np.ndarray) -> np.ndarray:
        blocks = dst.reshape(n, dims[0] // block, oh, ow, block)
        return blocks.transpose(0, 2, 3, 1, 4).reshape(n, oh, ow, dims[0])[..., :m]

    return restore


def _same(axis: Axis) -> tuple[int, int]:
    """The zeros of TFLite's padding SAME, before and after."""
    size = -(-axis.input // axis.stride)
    zeros = max((size - 1) * axis.stride + axis.extent - axis.input, 0)
    return zeros // 2, zeros - zeros // 2


def tflite_padding(axes: tuple[Axis, Axis]) -> tuple[str, tuple[int, ...]]:
    """TFLite's word for the padding, and the axes of [N, H, W, C] that must be turned round for it.

    The format has no padding by numbers. Zeros as SAME has them, but at the other end, are SAME on an image that is read
    backwards, with a filter that is turned round, too. Raises ValueError if that is not enough.
    """
    if all((a.before, a.after) == (0, 0) for a in axes):
        return "VALID", ()
    turned = []
    for number, axis in enumerate(axes, 1):
        if (axis.before, axis.after) == _same(axis):
            continue
        if (axis.after, axis.before) != _same(axis):
            raise ValueError(f"TFLite cannot express a padding of {axis.before} and {axis.after}")
        turned.append(number)
    return "SAME", tuple(turned)


def add_tflite_layer(
    builder, layer: Layer, src: np.ndarray, filter_: np.ndarray, bias: np.ndarray
) -> tuple[np.ndarray, Restore]:
    """The operator between the tensors INPUT and dst; returns the input as it reads it, and what restores its output."""
    from ai_edge_litert import schema_py_generated as schema

    m = len(bias)
    back: tuple[int, ...] = ()
    if layer.is_gemm:
        src, filter_ = src.reshape(-1, src.shape[-1]), filter_.reshape(m, -1)
        kind, options = "FULLY_CONNECTED", schema.FullyConnectedOptionsT()
        dst_shape: tuple[int, ...] = (len(src), m)
    else:
        rows, columns = layer.axes
        word, back = tflite_padding(layer.axes)
        src, filter_ = np.flip(src, back), np.flip(filter_, tuple(1 + axis for axis in back))
        dst_shape = layer.dst_shape
        if layer.is_depthwise:
            kind, options = "DEPTHWISE_CONV_2D", schema.DepthwiseConv2DOptionsT()
            options.depthMultiplier = m // layer.groups
            filter_ = filter_.transpose(1, 2, 3, 0)
        else:
            kind, options = "CONV_2D", schema.Conv2DOptionsT()
            filter_ = filter_.transpose(0, 2, 3, 1)
        options.padding = getattr(schema.Padding, word)
        options.strideH, options.strideW = rows.stride, columns.stride
        options.dilationHFactor, options.dilationWFactor = rows.dilation, columns.dilation
    inputs = [builder.tensor(INPUT, src.shape)]
    inputs += [builder.tensor("filter", filter_.shape, filter_), builder.tensor("bias", bias.shape, bias)]
    builder.operator(kind, inputs, builder.tensor("dst", dst_shape), type(options).__name__.removesuffix("T"), options)
    return src, lambda dst: np.flip(dst.reshape(layer.dst_shape), back)


def write_litert(layer: Layer, folder: Path) -> Restore:
    from tflite_model import Builder, save

    builder = Builder()
    src, filter_, bias = layer.tensors[INPUT], layer.tensors["filter"], layer.tensors["bias"]
    src, restore = add_tflite_layer(builder, layer, src, filter_, bias)
    save(builder, "dst", folder / "model.tflite")
    write_tensors(folder / "model.safetensors", {INPUT: src})
    return restore


def write_call(engine: str, folder: Path) -> None:
    """A model of one operator on one number: what a call of the engine from Python takes by itself."""
    if engine == "onnxruntime":
        import onnx
        from onnx import TensorProto, helper

        ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 1, 1, 1]) for name in (INPUT, "dst")]
        graph = helper.make_graph([helper.make_node("Relu", [INPUT], ["dst"])], "call", ports[:1], ports[1:])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
        onnx.save(model, folder / "model.onnx")
    else:
        from ai_edge_litert import schema_py_generated as schema

        from tflite_model import Builder, save

        builder = Builder()
        src, dst = (builder.tensor(name, (1, 1, 1, 1)) for name in (INPUT, "dst"))
        options = schema.LeakyReluOptionsT()
        options.alpha = 0.5
        builder.operator("LEAKY_RELU", [src], dst, "LeakyReluOptions", options)
        save(builder, "dst", folder / "model.tflite")
    write_tensors(folder / "model.safetensors", {INPUT: np.ones((1, 1, 1, 1), np.float32)})


WRITERS = {"tandem": write_tandem, "onnxruntime": write_onnxruntime, "litert": write_litert}

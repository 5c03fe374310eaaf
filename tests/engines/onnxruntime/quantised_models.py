"""Small quantised ONNX models: operators between DequantizeLinear and QuantizeLinear, and QLinear* operators."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto, helper, numpy_helper

IR_VERSION = 8
CHANNELS = 16
IMAGE = (1, CHANNELS, 12, 10)
TYPES = {"u8": (np.uint8, TensorProto.UINT8, 128), "s8": (np.int8, TensorProto.INT8, 0)}


class Quantised:
    """A model of tensors of one type, which begins with QuantizeLinear of fp32 inputs and ends with 8 bits."""

    def __init__(self, kind: str = "u8") -> None:
        self.dtype, self.proto, self.middle = TYPES[kind]
        self.nodes: list = []
        self.constants: dict[str, np.ndarray] = {}
        self.inputs: dict[str, tuple] = {}
        self.generator = np.random.default_rng(7)

    def constant(self, array) -> str:
        name = f"c{len(self.constants)}"
        self.constants[name] = np.asarray(array)
        return name

    def node(self, operator: str, inputs: list[str], domain: str = "", **attributes) -> str:
        output = f"t{len(self.nodes)}"
        self.nodes.append(
            helper.make_node(operator, inputs, [output], name=f"{operator}_{output}", domain=domain, **attributes)
        )
        return output

    def scale(self, scale: float, zero_point: int) -> list[str]:
        """The names of both; the zero point counts from the middle of the type."""
        zero = np.array(zero_point + self.middle, self.dtype)
        return [self.constant(np.float32(scale)), self.constant(zero)]

    def input(self, shape: tuple = IMAGE) -> str:
        name = f"x{len(self.inputs)}"
        self.inputs[name] = shape
        return name

    def quantize(self, x: str, scale: float, zero_point: int = 0) -> str:
        return self.node("QuantizeLinear", [x, *self.scale(scale, zero_point)])

    def dequantize(self, x: str, scale: float, zero_point: int = 0) -> str:
        return self.node("DequantizeLinear", [x, *self.scale(scale, zero_point)])

    def fake(self, x: str, scale: float, zero_point: int = 0) -> str:
        return self.dequantize(self.quantize(x, scale, zero_point), scale, zero_point)

    def weights(self, *shape: int, kind: str = "s8") -> str:
        """Of 7 bits: products of pairs fit 16 bits, without which some CPUs let ONNX Runtime saturate."""
        array = self.generator.integers(-63, 64, shape)
        return self.constant((array + TYPES[kind][2]).astype(TYPES[kind][0]))

    def scales(self, count: int) -> np.ndarray:
        return self.generator.uniform(0.002, 0.006, count).astype(np.float32)

    def filter(self, *shape: int, axis: int = 0, kind: str = "s8", by_channel: bool = True) -> tuple[str, np.ndarray]:
        """A filter behind DequantizeLinear, and its scales."""
        scales = self.scales(shape[axis]) if by_channel else self.scales(1)[0]
        dtype, _, middle = TYPES[kind]
        zeros = np.full(shape[axis], middle, dtype) if by_channel else np.array(middle, dtype)
        inputs = [self.weights(*shape, kind=kind), self.constant(scales), self.constant(zeros)]
        return self.node("DequantizeLinear", inputs, **({"axis": axis} if by_channel else {})), scales

    def integers(self, count: int) -> np.ndarray:
        return self.generator.integers(-3000, 3000, count).astype(np.int32)

    def conv(self, x: str, out: int = CHANNELS, kernel: int = 3, group: int = 1, bias: str = "integers",
             into: int = CHANNELS, x_scale: float = 0.02, **options) -> str:
        """A convolution of floats that reads 8 bits with x_scale."""
        filter_options = {name: options.pop(name) for name in ("kind", "by_channel") if name in options}
        weights, scales = self.filter(out, into // group, kernel, kernel, **filter_options)
        inputs = [x, weights]
        if bias == "integers":
            units = np.broadcast_to(np.float32(x_scale) * scales, (out,)).astype(np.float32)
            names = [self.constant(self.integers(out)), self.constant(units), self.constant(np.zeros(out, np.int32))]
            inputs.append(self.node("DequantizeLinear", names, axis=0))
        elif bias == "floats":
            inputs.append(self.constant(self.generator.uniform(-1, 1, out).astype(np.float32)))
        options.setdefault("pads", [kernel // 2] * 4)
        return self.node("Conv", inputs, group=group, **options)

    def bytes(self, y: str | None = None, type_: int | None = None, opset: int = 13) -> bytes:
        """The model, whose output is y or what the last node writes."""
        y = y or self.nodes[-1].output[0]
        graph = helper.make_graph(
            self.nodes,
            "quantised",
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in self.inputs.items()],
            [helper.make_tensor_value_info(y, type_ or self.proto, None)],
            [numpy_helper.from_array(array, name) for name, array in self.constants.items()],
        )
        imports = [helper.make_opsetid("", opset), helper.make_opsetid("com.microsoft", 1)]
        return helper.make_model(graph, opset_imports=imports, ir_version=IR_VERSION).SerializeToString()

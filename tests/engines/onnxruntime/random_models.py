"""Random ONNX models of a few nodes, with the attributes that the field writes: each node runs in ONNX Runtime alone before it is added."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

IR_VERSION = 8
MOST_ELEMENTS = 30000
# Since these versions operators take as inputs what they took as attributes.
OPSETS = (7, 8, 9, 10, 11, 12, 13, 14, 16, 18, 19, 20, 21, 22)


@dataclass
class RandomModel:
    model: bytes
    feeds: list[dict[str, np.ndarray]]  # of one or two sizes
    nodes: list[str] = field(default_factory=list)


class Builder:
    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.opset = int(self.random.choice(OPSETS))
        self.open = self.coin()
        self.nodes: list = []
        self.constants: dict[str, np.ndarray] = {}
        self.values: dict[str, np.ndarray] = {}
        self.number = 0

    # Choices
    def coin(self, odds: float = 0.5) -> bool:
        return bool(self.random.random() < odds)

    def integer(self, low: int, high: int) -> int:
        return int(self.random.integers(low, high + 1))

    def pick(self, *choices):
        return choices[self.integer(0, len(choices) - 1)]

    def draw(self, *shape: int, scale: float = 1.0) -> np.ndarray:
        return (self.random.standard_normal(shape) * scale).astype(np.float32)

    def any_value(self, rank: int | None = None) -> str | None:
        names = [n for n, v in self.values.items() if v.dtype == np.float32 and (rank is None or v.ndim == rank)]
        if not names:
            return None
        return names[-1] if self.coin(0.6) else str(self.random.choice(names))

    def image(self) -> str | None:
        """One with pixels: ONNX Runtime divides by zero in pools without them."""
        x = self.any_value(4)
        return x if x is not None and self.values[x].size else None

    # Parts of a model
    def name(self, prefix: str) -> str:
        self.number += 1
        return f"{prefix}{self.number}"

    def constant(self, array) -> str:
        name = self.name("c")
        self.constants[name] = np.asarray(array)
        return name

    def whole(self, values) -> str:
        return self.constant(np.array(values, np.int64))

    def model(self, nodes, inputs: dict[str, np.ndarray], outputs: list[str], is_open: bool) -> bytes:
        def port(name, array):
            shape = [f"{name}_{i}" for i in range(array.ndim)] if is_open else list(array.shape)
            if is_open and array.ndim == 4 and shape:
                shape[1] = array.shape[1]
            return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), shape)

        used = {name for node in nodes for name in node.input}
        graph = helper.make_graph(
            nodes,
            "random",
            [port(name, array) for name, array in inputs.items()],
            [helper.make_tensor_value_info(name, TensorProto.UNDEFINED, None) for name in outputs],
            [numpy_helper.from_array(array, name) for name, array in self.constants.items() if name in used],
        )
        for output in graph.output:
            output.ClearField("type")
        imports = [helper.make_opsetid("", self.opset)]
        return helper.make_model(graph, opset_imports=imports, ir_version=IR_VERSION).SerializeToString()

    def add(self, operator: str, inputs: list[str | None], outputs: int = 1, **attributes) -> str | None:
        """The name of the first output; None if ONNX Runtime refuses the node."""
        if any(name is None for name in inputs):
            return None
        names = [self.name("v") for _ in range(outputs)]
        node = helper.make_node(operator, inputs, names, name=names[0], **attributes)
        feeds = {name: self.values[name] for name in inputs if name in self.values}
        try:
            results = run(self.model([node], feeds, names, False), feeds)
        except Exception:  # noqa: BLE001  ONNX Runtime's own exceptions have no common base but this
            return None
        if any(r.size > MOST_ELEMENTS or (r.size and not np.isfinite(r).all()) for r in results):
            return None
        if any(r.size and r.dtype == np.float32 and not 1e-6 < np.abs(r).max() < 1e3 for r in results):
            return None
        self.nodes.append(node)
        self.values.update(zip(names, results, strict=True))
        return names[0]

    # Operators
    def window(self, kernel: tuple[int, int], most_stride: int = 3) -> dict:
        attributes: dict = {}
        if self.coin():
            attributes["strides"] = [self.integer(1, most_stride), self.integer(1, most_stride)]
        if self.coin(0.25):
            attributes["dilations"] = [self.integer(1, 2), self.integer(1, 2)]
        way = self.integer(0, 5)
        if way == 0:
            attributes["auto_pad"] = "SAME_UPPER"
        elif way == 1:
            attributes["auto_pad"] = "SAME_LOWER"
        elif way == 2:
            attributes["auto_pad"] = "VALID"
        elif way < 5:
            same = [side // 2 for side in kernel]
            attributes["pads"] = same * 2 if self.coin() else [self.integer(0, k - 1) for k in (*kernel, *kernel)]
        return attributes

    def conv(self) -> str | None:
        x = self.image()
        if x is None:
            return None
        channels = self.values[x].shape[1]
        kernel = self.pick((1, 1), (1, 1), (3, 3), (3, 3), (5, 5), (1, 3), (5, 2), (7, 7))
        groups = self.pick(1, 1, 1, channels, 2)
        if channels % groups or channels == 0:
            return None
        out = channels * self.pick(1, 1, 2) if groups > 1 else self.pick(1, 4, 8, 16, 19)
        inputs = [x, self.constant(self.draw(out, channels // groups, *kernel, scale=(channels // groups * kernel[0] * kernel[1]) ** -0.5))]
        if self.coin():
            inputs.append(self.constant(self.draw(out)))
        extra = {"kernel_shape": list(kernel)} if self.coin() else {}
        return self.add("Conv", inputs, group=groups, **extra, **self.window(kernel))

    def conv_transpose(self) -> str | None:
        x = self.image()
        if x is None:
            return None
        channels = self.values[x].shape[1]
        groups = self.pick(1, 1, 1, channels, 2)
        if channels == 0 or channels % groups:
            return None
        kernel = self.pick((2, 2), (3, 3), (4, 4), (1, 3))
        out = self.pick(1, 2, 5)
        inputs = [x, self.constant(self.draw(channels, out, *kernel, scale=(channels // groups * 4) ** -0.5))]
        if self.coin():
            inputs.append(self.constant(self.draw(out * groups)))
        attributes = self.window(kernel)
        strides = attributes.get("strides", [1, 1])
        if self.coin(0.3):
            attributes["output_padding"] = [self.integer(0, s - 1) for s in strides]
        if self.coin(0.2):
            size = self.values[x].shape[2:]
            wanted = [s * n + self.integer(0, 1) for s, n in zip(strides, size, strict=True)]
            reach = [(n - 1) * s + k for s, n, k in zip(strides, size, kernel, strict=True)]
            # What no tap reaches is not initialised in ONNX Runtime 1.23.
            attributes["output_shape"] = [min(w, r) for w, r in zip(wanted, reach, strict=True)]
        return self.add("ConvTranspose", inputs, group=groups, **attributes)

    def pool(self) -> str | None:
        kernel = self.pick((2, 2), (3, 3), (1, 2), (5, 4))
        x = self.image()
        if x is None or self.values[x].shape[2] < kernel[0] or self.values[x].shape[3] < kernel[1]:
            return None  # ONNX Runtime divides by zero
        attributes = self.window(kernel)
        operator = self.pick("MaxPool", "AveragePool")
        if operator == "AveragePool" and self.coin(0.4):
            attributes["count_include_pad"] = 1
        if operator == "AveragePool":  # likewise by the number of elements in a window
            attributes.pop("dilations", None)
            attributes["strides"] = [min(s, k) for s, k in zip(attributes.get("strides", [1, 1]), kernel, strict=True)]
            if "pads" in attributes:
                attributes["pads"] = [(k - 1) // 2 for k in kernel] * 2
        if self.opset >= 10 and self.coin(0.3):
            attributes["ceil_mode"] = 1
        return self.add(operator, [x], kernel_shape=list(kernel), **attributes)

    def global_pool(self) -> str | None:
        return self.add("GlobalAveragePool", [self.image()])

    def mean(self) -> str | None:
        x = self.any_value()
        if x is None:
            return None
        rank = self.values[x].ndim
        axes = [2, 3] if rank == 4 and self.coin(0.7) else sorted({self.integer(-rank, rank - 1) % rank for _ in range(2)}) if rank else []
        axes = [a - rank if self.coin(0.3) else a for a in axes]
        keep = {"keepdims": self.integer(0, 1)} if self.coin() else {}
        if not axes:
            return None
        if self.opset < 18:
            return self.add("ReduceMean", [x], axes=axes, **keep)
        return self.add("ReduceMean", [x, self.whole(axes)], **keep)

    def batch_norm(self) -> str | None:
        x = self.any_value(4) if self.coin(0.9) else self.any_value()
        if x is None or self.values[x].ndim < 2 or not self.values[x].size:
            return None
        c = self.values[x].shape[1]
        vectors = [self.draw(c), self.draw(c), self.draw(c), np.abs(self.draw(c)) + 0.5]
        return self.add("BatchNormalization", [x, *map(self.constant, vectors)], epsilon=self.pick(1e-5, 1e-3))

    def activation(self) -> str | None:
        x = self.any_value()
        name = self.pick("Relu", "Sigmoid", "Tanh", "LeakyRelu", "HardSigmoid", "HardSwish", "Clip", "PRelu", "Elu", "Gelu", "Softplus", "Erf", "Neg", "Abs", "Mish", "Swish")
        if x is None:
            return None
        if name == "Clip" and self.opset < 11:
            return self.add(name, [x], min=0.0, max=6.0)
        if name == "Clip":
            low, high = self.constant(np.float32(-0.5)), self.constant(np.float32(0.75))
            return self.add(name, self.pick([x], [x, low], [x, low, high], [x, "", high]))
        if name == "PRelu":
            c = self.values[x].shape[1] if self.values[x].ndim > 1 else 1
            tail = [1] * max(0, self.values[x].ndim - 2)
            slopes = self.pick(self.draw(c, *tail), self.draw(1), self.draw(1, c, *tail), self.draw(*self.values[x].shape[1:]))
            return self.add(name, [x, self.constant(slopes)])
        attributes = {"alpha": 0.2} if name == "LeakyRelu" and self.coin() else {}
        if name == "HardSigmoid" and self.coin():
            attributes = {"alpha": 1 / 6, "beta": 0.5}
        if name == "Gelu" and self.coin(0.3):
            attributes = {"approximate": "tanh"}
        return self.add(name, [x], **attributes)

    def arithmetic(self) -> str | None:
        x = self.any_value()
        if x is None:
            return None
        shape = self.values[x].shape
        operator = self.pick("Add", "Add", "Mul", "Mul", "Sub", "Div", "Max", "Min", "Pow", "Sum")
        way = self.integer(0, 4)
        if way == 0:
            y = self.any_value()
        elif way == 1:
            y = self.constant(self.pick(np.float32(1.5), self.draw(1), self.draw(*[1] * max(1, len(shape))), np.float32(1), np.float32(0)))
        elif way == 2 and len(shape) > 1:
            y = self.constant(self.draw(shape[1], *[1] * (len(shape) - 2)))
        elif way == 3 and len(shape):
            y = self.constant(self.draw(*[s if self.coin() else 1 for s in shape]))
        else:
            y = self.any_value(len(shape))
        pair = [x, y] if self.coin() else [y, x]
        return self.add(operator, pair)

    def swish(self) -> str | None:
        x = self.any_value()
        gate = self.add(self.pick("Sigmoid", "HardSigmoid", "Tanh"), [x])
        return self.add("Mul", [x, gate] if self.coin() else [gate, x])

    def squeeze_excite(self) -> str | None:
        x = self.image()
        pooled = self.add("GlobalAveragePool", [x])
        if pooled is None:
            return None
        c = self.values[x].shape[1]
        less = self.integer(1, 6)
        hidden = self.add("Conv", [pooled, self.constant(self.draw(less, c, 1, 1)), self.constant(self.draw(less))])
        hidden = self.add(self.pick("Relu", "Sigmoid", "HardSwish"), [hidden])
        gate = self.add("Conv", [hidden, self.constant(self.draw(c, less, 1, 1))])
        gate = self.add(self.pick("Sigmoid", "HardSigmoid"), [gate])
        return self.add("Mul", [x, gate])

    def residual(self) -> str | None:
        x = self.image()
        if x is None:
            return None
        c = self.values[x].shape[1]
        y = self.add("Conv", [x, self.constant(self.draw(c, c, 3, 3, scale=0.3))], pads=[1, 1, 1, 1])
        z = self.add("Add", [x, y] if self.coin() else [y, x])
        return self.add("Relu", [z]) if self.coin() else z

    def channel_shuffle(self) -> str | None:
        x = self.image()
        if x is None:
            return None
        n, c, h, w = self.values[x].shape
        groups = self.pick(2, 4)
        if c % groups:
            return None
        y = self.add("Reshape", [x, self.whole(self.pick([n, groups, c // groups, h, w], [0, groups, -1, h, w]))])
        y = self.add("Transpose", [y], perm=[0, 2, 1, 3, 4])
        return self.add("Reshape", [y, self.whole(self.pick([n, c, h, w], [0, -1, h, w]))])

    def concat(self) -> str | None:
        x = self.any_value()
        if x is None or not self.values[x].ndim:
            return None
        rank = self.values[x].ndim
        axis = 1 if rank > 1 and self.coin(0.7) else self.integer(-rank, rank - 1)

        def rest(name):
            shape = list(self.values[name].shape)
            shape.pop(axis)
            return shape

        others = [n for n, v in self.values.items() if v.dtype == np.float32 and v.ndim == rank and rest(n) == rest(x)]
        parts = [x, *(str(self.random.choice(others)) for _ in range(self.integer(0, 2)))]
        if self.coin(0.1):
            parts.append(self.constant(self.draw(*self.values[x].shape)))
        return self.add("Concat", parts, axis=axis)

    def split(self) -> str | None:
        x = self.any_value()
        if x is None or not self.values[x].ndim:
            return None
        rank = self.values[x].ndim
        axis = 1 if rank > 1 and self.coin(0.7) else self.integer(-rank, rank - 1)
        size = self.values[x].shape[axis]
        parts = self.pick(2, 2, 3)
        sizes = [size // parts] * (parts - 1)
        sizes.append(size - sum(sizes))
        if self.coin(0.2):
            sizes[0], sizes[-1] = 0, sizes[0] + sizes[-1]
        if self.opset < 13:
            return self.add("Split", [x], parts, axis=axis, **({"split": sizes} if self.coin() else {}))
        if self.opset >= 18 and self.coin():
            return self.add("Split", [x], parts, axis=axis, num_outputs=parts)
        return self.add("Split", [x, self.whole(sizes)], parts, axis=axis)

    def slice(self) -> str | None:
        x = self.any_value()
        if x is None or not self.values[x].ndim:
            return None
        rank = self.values[x].ndim
        axes = sorted({self.integer(0, rank - 1) for _ in range(self.integer(1, 3))})
        starts = [self.pick(0, 1, -3, 0, 2) for _ in axes]
        ends = [self.pick(2**31 - 1, -1, 4, 1, 2**62) for _ in axes]
        axes = [a - rank if self.coin(0.3) else a for a in axes]
        if self.opset < 10:
            return self.add("Slice", [x], axes=axes, starts=starts, ends=ends)
        steps = [self.pick(1, 1, 1, 2, -1) for _ in axes]
        inputs = [x, self.whole(starts), self.whole(ends), self.whole(axes)]
        return self.add("Slice", inputs if self.coin() else [*inputs, self.whole(steps)])

    def pad(self) -> str | None:
        x = self.any_value()
        if x is None or not self.values[x].ndim:
            return None
        rank = self.values[x].ndim
        pads = [0 if self.coin(0.4) else self.integer(-1 if self.coin(0.1) else 0, 2) for _ in range(2 * rank)]
        mode = self.pick("constant", "constant", "constant", "reflect", "edge")
        if mode != "constant":  # ONNX Runtime 1.23 reads beyond an input that is smaller than its padding
            pads = [max(p, 0) if self.values[x].shape[i % rank] > 2 else 0 for i, p in enumerate(pads)]
        if self.opset < 11:
            return self.add("Pad", [x], pads=pads, mode=mode, value=self.pick(0.0, 0.5))
        inputs = [x, self.whole(pads)]
        if self.coin():
            inputs.append(self.constant(np.float32(self.pick(0, 0.5))))
        return self.add("Pad", inputs, mode=mode)

    def resize(self) -> str | None:
        x = self.image()
        if x is None:
            return None
        h, w = self.values[x].shape[2:]
        scales = np.array([1, 1, self.pick(2, 2, 1.5, 0.5, 3), self.pick(2, 2, 1.3, 1)], np.float32)
        mode = self.pick("nearest", "linear", "cubic") if self.coin(0.9) else "cubic"
        if self.opset < 7:
            return None
        if self.opset < 9:
            return self.add("Upsample", [x], mode="nearest" if mode == "cubic" else mode, scales=scales.tolist())
        if self.opset < 10:
            return self.add("Upsample", [x, self.constant(scales)], mode="nearest" if mode == "cubic" else mode)
        if self.opset < 11:
            return self.add("Resize", [x, self.constant(scales)], mode="nearest" if mode == "cubic" else mode)
        attributes = {"mode": mode, "coordinate_transformation_mode": self.pick("half_pixel", "pytorch_half_pixel", "asymmetric", "align_corners")}
        if mode == "nearest":
            attributes["nearest_mode"] = self.pick("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")
        roi = "" if self.opset > 12 or self.coin() else self.constant(np.zeros(0, np.float32))
        if self.coin():
            return self.add("Resize", [x, roi, self.constant(scales)], **attributes)
        if self.opset >= 18 and self.coin():
            attributes["axes"] = [2, 3]
            return self.add("Resize", [x, roi, "", self.whole([h + self.integer(0, 5), 2 * w])], **attributes)
        sizes = [*self.values[x].shape[:2], h * 2 + self.integer(0, 2), w + self.integer(0, 3)]
        empty = "" if self.opset > 12 or self.coin() else self.constant(np.zeros(0, np.float32))
        return self.add("Resize", [x, roi, empty, self.whole(sizes)], **attributes)

    def blocks(self) -> str | None:
        x = self.image()
        if self.coin():
            mode = {"mode": self.pick("DCR", "CRD")} if self.opset >= 11 else {}
            return self.add("DepthToSpace", [x], blocksize=2, **mode)
        return self.add("SpaceToDepth", [x], blocksize=2)

    def matrix(self) -> str | None:
        x = self.any_value()
        if x is None or not self.values[x].ndim or self.values[x].shape[-1] == 0:
            return None
        k = self.values[x].shape[-1]
        m = self.pick(1, 3, 10, 16)
        way = self.integer(0, 3)
        if way < 2 and self.values[x].ndim == 2:
            transposed = self.coin()
            inputs = [x, self.constant(self.draw(*((m, k) if transposed else (k, m)), scale=k**-0.5))]
            rows = self.values[x].shape[0]
            if self.coin(0.8) or self.opset < 11:
                inputs.append(self.constant(self.draw(*self.pick((m,), (1,), (1, m), (rows, 1), (rows, m), ()))))
            scales = {"alpha": 0.5} if self.coin(0.1) else {"beta": 2.0} if self.coin(0.1) else {}
            return self.add("Gemm", inputs, transB=int(transposed), **scales)
        if way == 2:
            return self.add("MatMul", [x, self.any_value()])
        stack = self.pick((), (), (1,), (self.values[x].shape[0],))
        product = self.add("MatMul", [x, self.constant(self.draw(*stack, k, *self.pick((m,), (m,), (m,), ()), scale=k**-0.5))])
        return self.add("Add", [product, self.constant(self.draw(m))]) if self.coin() else product

    def softmax(self) -> str | None:
        x = self.any_value()
        if x is None or not self.values[x].ndim:
            return None
        rank = self.values[x].ndim
        return self.add(self.pick("Softmax", "Softmax", "LogSoftmax"), [x], **({"axis": self.integer(0, rank - 1)} if self.coin() else {}))

    def layer_norm(self) -> str | None:
        x = self.any_value()
        if x is None or not self.values[x].ndim or self.opset >= 18:
            return None
        mean = self.add("ReduceMean", [x], axes=[-1])
        centred = self.add("Sub", [x, mean])
        square = self.add("Pow", [centred, self.constant(np.float32(2))])
        variance = self.add("ReduceMean", [square], axes=[-1])
        root = self.add("Sqrt", [self.add("Add", [variance, self.constant(np.float32(1e-3))])])
        return self.add("Div", [centred, root])

    def reshape(self) -> str | None:
        x = self.any_value()
        if x is None:
            return None
        shape = self.values[x].shape
        size = self.values[x].size
        way = self.integer(0, 6)
        if way == 0:
            return self.add("Flatten", [x], **({"axis": self.integer(0, len(shape))} if self.coin() else {}))
        if way == 1 and 1 in shape:
            axis = shape.index(1)
            if self.coin(0.3):
                return self.add("Squeeze", [x])
            return self.add("Squeeze", [x], axes=[axis]) if self.opset < 13 else self.add("Squeeze", [x, self.whole([axis])])
        if way == 2:
            axis = self.integer(0, len(shape))
            return self.add("Unsqueeze", [x], axes=[axis]) if self.opset < 13 else self.add("Unsqueeze", [x, self.whole([axis])])
        if way == 3 and len(shape) == 4:
            return self.add("Reshape", [x, self.whole(self.pick([0, 0, -1], [shape[0], shape[1], -1], [0, -1], [-1, shape[3]]))])
        if way == 4 and len(shape) == 3:
            return self.add("Reshape", [x, self.whole([0, 0, 1, -1])])
        if way == 5 and len(shape):
            s = self.add("Shape", [x])
            first = self.add("Gather", [s, self.constant(np.array(0, np.int64))], axis=0)
            first = self.add("Unsqueeze", [first], axes=[0]) if self.opset < 13 else self.add("Unsqueeze", [first, self.whole([0])])
            return self.add("Reshape", [x, self.add("Concat", [first, self.whole([-1])], axis=0)])
        order = self.random.permutation(len(shape)).tolist() if self.coin() else [0, 2, 3, 1]
        if len(order) != len(shape) or not size or not shape:
            return None
        return self.add("Transpose", [x], perm=order)

    def other(self) -> str | None:
        x = self.any_value()
        way = self.integer(0, 5)
        if way == 0:
            return self.add("Identity", [x])
        if way == 1:
            return self.add("Dropout", [x])
        if way == 2:
            return self.add("Cast", [self.add("Cast", [x], to=self.pick(TensorProto.DOUBLE, TensorProto.FLOAT))], to=TensorProto.FLOAT)
        if way == 3:
            return self.add("Constant", [], value=numpy_helper.from_array(self.draw(1)))
        if way == 4:
            return self.add("GlobalMaxPool", [x])
        if x is None or not self.values[x].ndim or not self.values[x].shape[0]:
            return None
        return self.add("Gather", [x, self.constant(np.array([0], np.int64))], axis=0)

    def step(self) -> None:
        kinds = (
            self.conv, self.conv, self.conv, self.conv, self.conv_transpose, self.pool, self.pool, self.global_pool, self.mean,
            self.batch_norm, self.activation, self.activation, self.activation, self.arithmetic, self.arithmetic, self.arithmetic,
            self.swish, self.squeeze_excite, self.residual, self.channel_shuffle, self.concat, self.split, self.slice, self.pad,
            self.resize, self.blocks, self.matrix, self.matrix, self.softmax, self.layer_norm, self.reshape, self.reshape, self.other,
        )
        self.pick(*kinds)()

    def build(self) -> RandomModel:
        n = 0 if self.coin(0.02) else self.pick(1, 1, 2, 3)
        shape = (n, self.pick(1, 3, 4, 8, 16), self.integer(3, 12), self.integer(3, 12)) if self.coin(0.9) else (n + 1, self.pick(4, 16))
        inputs = {f"x{i}": self.random.uniform(-1, 1, shape).astype(np.float32) for i in range(self.pick(1, 1, 2))}
        self.values.update(inputs)
        for _ in range(self.integer(1, 12)):
            self.step()
        read = {name for node in self.nodes for name in node.input}
        written = [name for node in self.nodes for name in node.output]
        outputs = [name for name in written if name not in read or self.coin(0.1)]
        inputs = {name: array for name, array in inputs.items() if name in read}
        model = self.model(self.nodes, inputs, outputs, self.open) if outputs and inputs else b""
        feeds = [inputs]
        if self.open and model:
            grow = [self.integer(0, 2), 0, self.integer(0, 5), self.integer(0, 5)]
            other = {
                name: self.random.uniform(-1, 1, [s + g for s, g in zip(a.shape, grow)]).astype(np.float32) for name, a in inputs.items()
            }
            feeds.append(other)
        return RandomModel(model, feeds, [f"{n.op_type} {list(n.input)} -> {list(n.output)} " + " ".join(f"{a.name}={helper.get_attribute_value(a)}" for a in n.attribute if a.name != "value") for n in self.nodes])


def run(model: bytes, feeds: dict[str, np.ndarray]) -> list[np.ndarray]:
    settings = ort.SessionOptions()
    settings.log_severity_level = 4
    settings.intra_op_num_threads = 1
    return ort.InferenceSession(model, settings, providers=["CPUExecutionProvider"]).run(None, feeds)


def random_model(seed: int) -> RandomModel:
    return Builder(seed).build()

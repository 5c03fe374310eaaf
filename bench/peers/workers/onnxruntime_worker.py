"""ONNX Runtime as its documentation wants it for latency: every graph optimisation, operators one after the other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime

from serve import serve

TYPES = {"tensor(float)": np.float32, "tensor(uint8)": np.uint8}


class OnnxRuntime:
    version = onnxruntime.__version__

    def __init__(self, folder: Path, picture: np.ndarray, threads: int, exact_sums: bool = False) -> None:
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        if exact_sums:
            # Weights of s8 become u8 with a zero point of 128, unless 7 bits hold them: products of u8 and u8 do not saturate.
            options.add_session_config_entry("session.x64quantprecision", "1")
        path = folder / "model.onnx"
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        # Bound tensors: a run copies neither input nor output.
        # The picture in NCHW; the rows of a matrix product as they are.
        self.src = np.ascontiguousarray(picture.transpose(0, 3, 1, 2) if picture.ndim == 4 else picture)
        dtype = TYPES[self.session.get_outputs()[0].type]
        self.dst = np.empty(self.session.get_outputs()[0].shape, dtype)
        self.binding = self.session.io_binding()
        self.binding.bind_ortvalue_input(
            self.session.get_inputs()[0].name, onnxruntime.OrtValue.ortvalue_from_numpy(self.src)
        )
        self.binding.bind_output(
            self.session.get_outputs()[0].name, "cpu", 0, dtype, self.dst.shape, self.dst.ctypes.data
        )

    def run(self) -> None:
        self.session.run_with_iobinding(self.binding)

    def output(self) -> np.ndarray:
        return self.dst


if __name__ == "__main__":
    serve(OnnxRuntime)
